"""Find the row of the patient that each answer is about; it is the same in whatever order the answers come.

A Patient ID means something within its domain only: the issuer, where one is named, else the source, or
those the user made one domain; a local copy is of the domain it came from. Two answers with one ID belong
together when their domain is the same, or they tell of the same study, and nothing in them contradicts it.
Where this would join two patients who differ (an answer without birth date fits an older and a younger
patient), only answers whose birth date and family names are equal stay together.

What modalities push names no issuer, and each is a domain of its own. Two of them are about one patient where
Patient ID, the whole name with family and given name, and a full birth date are there and equal, and no
answer about that Patient ID contradicts, be it in the sex only.
"""

from __future__ import annotations

from collections.abc import Iterator

from workstation.dicom.identity_claim import IdentityClaim
from workstation.models.rows import Row
from workstation.models.same_id_group import SameIdGroup
from workstation.models.sharded_dict import ShardedDict


class Patients:
    """Knows the row of each claim; patients are joined, and divided again, as more becomes known."""

    def __init__(self, *, pushes: bool = True) -> None:
        """With ``pushes``, the same person pushed by two modalities is one patient."""
        self._pushes = pushes
        self._groups = ShardedDict[tuple[str, str], SameIdGroup]()
        self._presumed: dict[IdentityClaim, Row] = {}
        self._unsettled: dict[tuple[str, str], None] = {}
        self._settled: list[tuple[str, str]] = []

    def note(self, claim: IdentityClaim, study_uid: str) -> None:
        """Note a claim and a study it came with; :meth:`settle` decides what follows."""
        group = self._groups.get(claim.patient_id)
        if group is None:
            group = self._groups[claim.patient_id] = SameIdGroup()
        if group.note(claim, study_uid):
            self._unsettled[claim.patient_id] = None
        presumed = self._presumed.pop(claim, None)
        if group.claims[claim] is None:
            group.claims[claim] = presumed

    def row(self, claim: IdentityClaim) -> Row | None:
        """Return the row of a settled claim; None: it has none yet."""
        group = self._groups.get(claim.patient_id)
        return None if group is None else group.claims.get(claim)

    def give(self, claim: IdentityClaim, row: Row) -> None:
        """Set the row of a claim, and of all claims that were settled to be about the same patient."""
        group = self._groups.get(claim.patient_id)
        if group is not None and claim in group.claims:
            group.claims.update(dict.fromkeys(group.joined.get(claim) or (claim,), row))

    def join_pushes(self, join: bool) -> None:
        """Set whether a person pushed by two modalities is one patient, from the next :meth:`settle` on."""
        self._pushes = join
        for part in self._groups.parts:
            self._unsettled.update((key, None) for key, group in part.items() if len(group.claims) > 1)

    def presume(self, claim: IdentityClaim, row: Row) -> None:
        """Set the row of a claim that no answer has made yet."""
        self._presumed[claim] = row

    @property
    def containers(self) -> list[dict[tuple[str, str], SameIdGroup]]:
        """What all this is kept in, to be freed once a new search has begun."""
        return self._groups.parts

    def forget(self, row: Row) -> None:
        """Forget a row that is removed."""
        own = self._groups.get((row.uid, ""))
        for group in self._groups.values() if own is None else (own,):
            for claim, its in group.claims.items():
                if its is row:
                    group.claims[claim] = None

    def settle(self) -> dict[int, tuple[Row, IdentityClaim]]:
        """Decide which claims are about one patient, from all that were noted.

        Returns:
            By number the rows that are no longer what they were, each with the first of its claims: some
            of their claims have another row now, or none.
        """
        moved: dict[int, tuple[Row, IdentityClaim]] = {}
        for patient_id in self._unsettled:
            taken: set[int] = set()
            same_id = self._groups[patient_id]
            if same_id.alone is not None:
                continue
            same_id.joined.clear()
            for group in same_id.groups(pushes=self._pushes):
                if len(group) > 1:
                    same_id.joined.update(dict.fromkeys(group, group))
                had = {row.number: row for claim in group if (row := same_id.claims[claim]) is not None}
                kept = had[min(free)] if (free := had.keys() - taken) else None
                if kept is not None:
                    taken.add(kept.number)
                for claim in group:
                    before, same_id.claims[claim] = same_id.claims[claim], kept
                    if before is not None and before is not kept:
                        moved.setdefault(before.number, (before, claim))
            same_id.settled()
        self._settled = list(self._unsettled)
        self._unsettled.clear()
        return moved

    def doubts(self) -> Iterator[tuple[Row, bool]]:
        """Yield the rows settled last, and whether another one of the domain has the same Patient ID."""
        for patient_id in self._settled:
            for row, doubtful in self._groups[patient_id].doubts():
                yield row, bool(patient_id[0]) and doubtful
