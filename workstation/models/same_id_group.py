"""Decide which of the claims to one Patient ID are about one patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from workstation.dicom.identity_claim import PUSHED, IdentityClaim
from workstation.dicom.matches import Domain
from workstation.models.rows import Row

_MANY = 64
"""Beyond so many different claims to one Patient ID it says nothing: each stands alone."""


class ManyClaims:
    """IdentityClaims to one Patient ID that each stand alone, since there are very many.

    Attributes:
        new: Those not looked at for doubts yet.
    """

    __slots__ = ("_domains", "new")

    def __init__(self, claims: Iterable[IdentityClaim]) -> None:
        self.new = list(claims)
        self._domains: dict[Domain, IdentityClaim | None] = {}  # the only claim of each; None: there are more

    def doubts(self, rows: Mapping[IdentityClaim, Row | None]) -> Iterator[tuple[Row, bool]]:
        """Do as :meth:`SameIdGroup.doubts`, for the new ones only and for the first one of their domain."""
        new, self.new = self.new, []
        for claim in new:
            row = rows[claim]
            if row is None:
                continue
            first = self._domains.setdefault(claim.domain, claim)
            if first is claim or (first is not None and rows[first] is None):
                self._domains[claim.domain] = claim
                yield row, False
                continue
            if first is not None and (other := rows[first]) is not None:
                yield other, True
            self._domains[claim.domain] = None
            yield row, True


class SameIdGroup:
    """All claims to one Patient ID, with the studies they tell of.

    Attributes:
        claims: Each with the row of its patient, once there is one.
        joined: By claim, all claims about the same patient; claims that stand alone are left out.
        alone: Set once there are too many claims: each of them is a patient of its own, later ones, too.
    """

    __slots__ = ("_shared", "_tellers", "alone", "claims", "joined")

    def __init__(self) -> None:
        self.claims: dict[IdentityClaim, Row | None] = {}
        self.joined: dict[IdentityClaim, list[IdentityClaim]] = {}
        self.alone: ManyClaims | None = None
        self._tellers: dict[str, tuple[IdentityClaim, ...]] = {}
        self._shared: dict[str, tuple[IdentityClaim, ...]] = {}  # the studies more than one claim came with

    def note(self, claim: IdentityClaim, study_uid: str) -> bool:
        """Note a claim and a study it came with; whether that can change which are one patient."""
        new = claim not in self.claims
        if new:
            self.claims[claim] = None
        if not study_uid or len(self.claims) > _MANY:
            if new and self.alone is not None:
                self.alone.new.append(claim)
            return new
        tellers = self._tellers.get(study_uid, ())
        if claim in tellers:
            return new
        known = claim if new else next(one for one in self.claims if one == claim)  # one for all studies
        self._tellers[study_uid] = tellers = (*tellers, known)
        if len(tellers) > 1:
            self._shared[study_uid] = tellers
        return new or len(tellers) > 1

    def settled(self) -> None:
        """Note that the rows are as the groups say."""
        if len(self.claims) > _MANY:
            self.alone = ManyClaims(self.claims)

    def doubts(self) -> Iterator[tuple[Row, bool]]:
        """Yield rows whose claims were settled last, and whether another one has the same Patient ID."""
        if self.alone is not None:
            yield from self.alone.doubts(self.claims)
            return
        namesakes: dict[Domain, set[int]] = {}
        domains: dict[int, tuple[Row, set[Domain]]] = {}
        for claim, row in self.claims.items():
            if row is not None:
                namesakes.setdefault(claim.domain, set()).add(row.number)
                domains.setdefault(row.number, (row, set()))[1].add(claim.domain)
        for row, own in domains.values():
            yield row, any(len(namesakes[domain]) > 1 for domain in own)

    def groups(self, *, pushes: bool) -> list[list[IdentityClaim]]:
        """Return the claims of each patient, first come first; with ``pushes`` also of several modalities."""
        if len(self.claims) > _MANY:
            return [[claim] for claim in self.claims]
        found = list(self._groups())
        return _pushed_together(found) if pushes and len(found) > 1 else found

    def _groups(self) -> Iterator[list[IdentityClaim]]:
        links = [
            (one, other)
            for one, other in combinations(self.claims, 2)
            if one.fits(other) and (one.domain == other.domain or self._share_a_study(one, other))
        ]
        for group in _joined(self.claims, links):
            if _are_one(group):
                yield group
            else:
                yield from _joined(group, [(one, other) for one, other in links if one[2:4] == other[2:4]])

    def _share_a_study(self, one: IdentityClaim, other: IdentityClaim) -> bool:
        return any(one in tellers and other in tellers for tellers in self._shared.values())


def _are_one(claims: list[IdentityClaim]) -> bool:
    """Tell whether nothing in linked claims contradicts that they are about one patient.

    A name in two scripts may link two names that are written in one of them each.
    """
    if len({claim.birth_date for claim in claims} - {""}) > 1:
        return False
    named = [claim for claim in claims if claim.families]
    alike = [pair for pair in combinations(named, 2) if not pair[0].families.isdisjoint(pair[1].families)]
    return len(_joined(named, alike)) <= 1


def _joined(
    claims: Iterable[IdentityClaim], links: Iterable[tuple[IdentityClaim, IdentityClaim]]
) -> list[list[IdentityClaim]]:
    """Return the claims in groups; those linked by a chain of links are in one."""
    group_of = {claim: [claim] for claim in claims}
    for one, other in links:
        if one not in group_of or other not in group_of or group_of[one] is group_of[other]:
            continue
        group = group_of[one]
        group += group_of[other]
        group_of.update(dict.fromkeys(group_of[other], group))
    order = {claim: position for position, claim in enumerate(group_of)}
    found = {id(group): sorted(group, key=order.__getitem__) for group in group_of.values()}
    return list(found.values())


def _pushed_together(groups: list[list[IdentityClaim]]) -> list[list[IdentityClaim]]:
    """Return the groups, those joined that are of pushes only and name the same person to the letter.

    None are while any answer about the Patient ID contradicts.
    """
    claims = [claim for group in groups for claim in group]
    names = {claim.whole_name for claim in claims} - {""}
    sexes = {claim.sex for claim in claims} - {""}
    if len(names) != 1 or len(sexes) > 1 or not all(one.fits(two) for one, two in combinations(claims, 2)):
        return groups
    pushed = [group for group in groups if all(one.whole_name and one.domain[0] == PUSHED for one in group)]
    if len(pushed) < 2:
        return groups
    first, *others = pushed
    gone = {id(group) for group in others}
    whole = [claim for group in pushed for claim in group]
    return [whole if group is first else group for group in groups if id(group) not in gone]
