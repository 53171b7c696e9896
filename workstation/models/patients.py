"""Who is who: which answers are about one patient. The same in whatever order the answers come.

A Patient ID means something within its domain only: the issuer, where one is named, else the source, or
those a person made one domain; a local copy is of the domain it came from. Two answers with one ID belong
together when their domain is the same, or they tell of the same study, and nothing in them speaks against
it. Where this would bring together two who differ (an answer without birth
date fits an older and a younger patient), only answers that agree to the letter stay together.

What modalities push names no issuer, and each is a domain of its own. Two of them are about one patient where
Patient ID, the whole name with family and given name, and a full birth date are told and equal, and no answer
about that Patient ID contradicts, be it in the sex only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from workstation.dicom.matches import Domain, PatientMatch
from workstation.dicom.readers import name_components, name_groups, read_date
from workstation.models.rows import Row
from workstation.models.wide import Wide

_MANY = 64
"""Different claims to one Patient ID beyond which it says nothing: each stands alone."""


_LOST = frozenset("\ufffd?*")
"""Stand for a letter somebody could not read or write: two names may have lost different ones."""
_PUSHED = "sender"
"""The kind of domain of what came without being asked for, from nobody who is configured."""
_APART = "apart "
"""No UID begins so."""


class Claim(NamedTuple):
    """What one domain says of who is behind a Patient ID.

    Attributes:
        patient_id: The ID; where there is none, a study stands for itself: its UID follows. Answers that
            stand apart are nobody's but their own.
        domain: Where the ID means something.
        families: The family name of each component group, first word, without case.
        person: The whole name, without case, where family and given name and a full birth date are told.
    """

    patient_id: tuple[str, str]
    domain: Domain
    birth_date: str
    families: frozenset[str]
    person: str = ""
    sex: str = ""

    def fits(self, other: Claim) -> bool:
        """Whether both may be about one person; what is absent says nothing."""
        if self.birth_date and other.birth_date and self.birth_date != other.birth_date:
            return False
        return not self.families or not other.families or not self.families.isdisjoint(other.families)


def claim_of(patient: PatientMatch, study_uid: str, *, apart: bool = False) -> Claim:
    """The claim in an answer about a study (or about a patient; then ``study_uid`` is empty).

    Those ``apart`` never join others, which fit what was asked for.
    """
    name = [name_components(group) for group in name_groups(patient.name.casefold())]
    families = (parts[0].replace("-", " ").split() for parts in name)
    born = read_date(patient.birth_date)
    return Claim(
        (patient.patient_id, _APART * apart + ("" if patient.patient_id else study_uid)),
        _domain_of(patient),
        born or patient.birth_date,
        frozenset(words[0] for words in families if words),
        _person(name, born),
        patient.sex.strip().upper(),
    )


def _person(name: list[list[str]], born: str) -> str:
    """The whole name for comparison; empty where not enough is told to say who it is."""
    full = any(len(parts) > 1 and parts[0] and parts[1] for parts in name)
    if not full or not born or "00" in (born[4:6], born[6:]):
        return ""
    whole = "=".join("^".join(" ".join(part.split()) for part in parts).rstrip("^") for parts in name)
    return "" if _LOST.intersection(whole) else whole.rstrip("=")


def _domain_of(patient: PatientMatch) -> Domain:
    if patient.issuer:
        return "issuer", patient.issuer
    return patient.domain or ("source", patient.source)


class _Alone:
    """Claims to one Patient ID that each stand alone, since there are very many.

    Attributes:
        fresh: Those not looked at for doubts yet.
    """

    __slots__ = ("_domains", "fresh")

    def __init__(self, claims: Iterable[Claim]) -> None:
        self.fresh = list(claims)
        self._domains: dict[Domain, Claim | None] = {}  # the only claim of each; None: there are more

    def doubts(self, rows: Mapping[Claim, Row | None]) -> Iterator[tuple[Row, bool]]:
        """As :meth:`_Bearers.doubts`: of the fresh ones only, and of the first one of their domain."""
        fresh, self.fresh = self.fresh, []
        for claim in fresh:
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


class _Bearers:
    """All claims to one Patient ID, with the studies they tell of.

    Attributes:
        claims: Each with the row of its patient, once there is one.
        joined: Those that do not stand alone, each with all that are about the same patient.
        alone: Once it is settled that each stands alone, and so does whatever is heard from then on.
    """

    __slots__ = ("_shared", "_tellers", "alone", "claims", "joined")

    def __init__(self) -> None:
        self.claims: dict[Claim, Row | None] = {}
        self.joined: dict[Claim, list[Claim]] = {}
        self.alone: _Alone | None = None
        self._tellers: dict[str, tuple[Claim, ...]] = {}
        self._shared: dict[str, tuple[Claim, ...]] = {}  # the studies more than one claim came with

    def hear(self, claim: Claim, study_uid: str) -> bool:
        """Note a claim and a study it came with; whether that can change who is who."""
        new = claim not in self.claims
        if new:
            self.claims[claim] = None
        if not study_uid or len(self.claims) > _MANY:
            if new and self.alone is not None:
                self.alone.fresh.append(claim)
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
        """The rows are as the groups say."""
        if len(self.claims) > _MANY:
            self.alone = _Alone(self.claims)

    def doubts(self) -> Iterator[tuple[Row, bool]]:
        """Rows whose claims were settled last, each with whether another one has the same Patient ID."""
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

    def groups(self, *, pushes: bool) -> list[list[Claim]]:
        """The claims of each patient, first told first; with ``pushes`` also of several modalities."""
        if len(self.claims) > _MANY:
            return [[claim] for claim in self.claims]
        found = list(self._groups())
        return _pushed_together(found) if pushes and len(found) > 1 else found

    def _groups(self) -> Iterator[list[Claim]]:
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

    def _share_a_study(self, one: Claim, other: Claim) -> bool:
        return any(one in tellers and other in tellers for tellers in self._shared.values())


def _are_one(claims: list[Claim]) -> bool:
    """Whether nothing in claims that hang together speaks against one patient.

    A name in two scripts may hold together two that are written in one of them each.
    """
    if len({claim.birth_date for claim in claims} - {""}) > 1:
        return False
    named = [claim for claim in claims if claim.families]
    alike = [pair for pair in combinations(named, 2) if not pair[0].families.isdisjoint(pair[1].families)]
    return len(_joined(named, alike)) <= 1


def _joined(claims: Iterable[Claim], links: Iterable[tuple[Claim, Claim]]) -> list[list[Claim]]:
    """The claims, those together that a chain of links holds together."""
    group_of = {claim: [claim] for claim in claims}
    for one, other in links:
        if one not in group_of or other not in group_of or group_of[one] is group_of[other]:
            continue
        group = group_of[one]
        group += group_of[other]
        group_of.update(dict.fromkeys(group_of[other], group))
    order = {claim: place for place, claim in enumerate(group_of)}
    found = {id(group): sorted(group, key=order.__getitem__) for group in group_of.values()}
    return list(found.values())


def _pushed_together(groups: list[list[Claim]]) -> list[list[Claim]]:
    """The groups, those together that are of pushes only and tell of one person to the letter.

    None are while anything that was told of the Patient ID contradicts.
    """
    claims = [claim for group in groups for claim in group]
    people = {claim.person for claim in claims} - {""}
    sexes = {claim.sex for claim in claims} - {""}
    if len(people) != 1 or len(sexes) > 1 or not all(one.fits(two) for one, two in combinations(claims, 2)):
        return groups
    pushed = [group for group in groups if all(one.person and one.domain[0] == _PUSHED for one in group)]
    if len(pushed) < 2:
        return groups
    first, *others = pushed
    gone = {id(group) for group in others}
    whole = [claim for group in pushed for claim in group]
    return [whole if group is first else group for group in groups if id(group) not in gone]


class Patients:
    """The row of each claim. Rows join, and part again, as more becomes known."""

    def __init__(self, *, pushes: bool = True) -> None:
        """With ``pushes``, the same person pushed by two modalities is one patient."""
        self._pushes = pushes
        self._bearers = Wide[tuple[str, str], _Bearers]()
        self._presumed: dict[Claim, Row] = {}
        self._unsettled: dict[tuple[str, str], None] = {}
        self._settled: list[tuple[str, str]] = []

    def hear(self, claim: Claim, study_uid: str) -> None:
        """Note a claim and a study it came with; :meth:`settle` draws the conclusions."""
        bearers = self._bearers.get(claim.patient_id)
        if bearers is None:
            bearers = self._bearers[claim.patient_id] = _Bearers()
        if bearers.hear(claim, study_uid):
            self._unsettled[claim.patient_id] = None
        presumed = self._presumed.pop(claim, None)
        if bearers.claims[claim] is None:
            bearers.claims[claim] = presumed

    def row(self, claim: Claim) -> Row | None:
        """The row of a settled claim; None: it has none yet."""
        bearers = self._bearers.get(claim.patient_id)
        return None if bearers is None else bearers.claims.get(claim)

    def give(self, claim: Claim, row: Row) -> None:
        """``row`` is that of a claim, and of all that were settled to belong to it."""
        bearers = self._bearers.get(claim.patient_id)
        if bearers is not None and claim in bearers.claims:
            bearers.claims.update(dict.fromkeys(bearers.joined.get(claim) or (claim,), row))

    def join_pushes(self, join: bool) -> None:
        """Whether a person pushed by two modalities is one patient, from the next :meth:`settle` on."""
        self._pushes = join
        for part in self._bearers.parts:
            self._unsettled.update((key, None) for key, bearers in part.items() if len(bearers.claims) > 1)

    def presume(self, claim: Claim, row: Row) -> None:
        """``row`` is that of a claim nobody has heard yet."""
        self._presumed[claim] = row

    @property
    def holdings(self) -> list[dict[tuple[str, str], _Bearers]]:
        """What all this is kept in; for nobody once a new search has begun."""
        return self._bearers.parts

    def forget(self, row: Row) -> None:
        """There is no such row any more."""
        own = self._bearers.get((row.uid, ""))
        for bearers in self._bearers.values() if own is None else (own,):
            for claim, its in bearers.claims.items():
                if its is row:
                    bearers.claims[claim] = None

    def settle(self) -> dict[int, tuple[Row, Claim]]:
        """Conclude who is who from all that was heard.

        Returns:
            By number the rows that are no longer what they were, each with the first of its claims: some
            of their claims have another row now, or none.
        """
        moved: dict[int, tuple[Row, Claim]] = {}
        for patient_id in self._unsettled:
            taken: set[int] = set()
            bearers = self._bearers[patient_id]
            if bearers.alone is not None:
                continue
            bearers.joined.clear()
            for group in bearers.groups(pushes=self._pushes):
                if len(group) > 1:
                    bearers.joined.update(dict.fromkeys(group, group))
                had = {row.number: row for claim in group if (row := bearers.claims[claim]) is not None}
                kept = had[min(free)] if (free := had.keys() - taken) else None
                if kept is not None:
                    taken.add(kept.number)
                for claim in group:
                    before, bearers.claims[claim] = bearers.claims[claim], kept
                    if before is not None and before is not kept:
                        moved.setdefault(before.number, (before, claim))
            bearers.settled()
        self._settled = list(self._unsettled)
        self._unsettled.clear()
        return moved

    def doubts(self) -> Iterator[tuple[Row, bool]]:
        """The rows settled last, each with whether another one of its domain has the same Patient ID."""
        for patient_id in self._settled:
            for row, doubtful in self._bearers[patient_id].doubts():
                yield row, bool(patient_id[0]) and doubtful
