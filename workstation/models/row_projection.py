"""Sort, filter and group the rows of a result tree into the flat list of those in sight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workstation.dicom.levels import Level
from workstation.models.arrangement import Arrangement
from workstation.models.group_members import GroupMembers
from workstation.models.paged_list import Block, Key, PagedList
from workstation.models.row_filter import matching_studies
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict
from workstation.models.sort_keys import SortKeys
from workstation.models.study_groups import GroupKey, GroupRow, StudyGroups
from workstation.settings.list_layout import ListLayout

_MAIN, _UNGROUPED, _LINE, _APART = range(4)
"""The parts of the list from its top; groups are in the first, patients searched for behind them."""
_HEADER, _STUDIES = range(2)
"""The parts of a group."""


class RowProjection:
    """Puts patients with all that is in sight below them into pages; in a flat list, each of their studies.

    A patient is put again when something below it has come or gone; what is in the pages stays consistent
    until then, whatever is changed in the rows.

    Attributes:
        arrangement: How studies are shown, by what rows are sorted and filtered, and which are open.
        pages: The rows in sight.
        shown: With a filter, how many studies it lets through, those that stand apart left out.
        members: Which studies are in which group; None: studies are not grouped.
    """

    def __init__(self, arrangement: Arrangement, groups: StudyGroups) -> None:
        self.arrangement = arrangement
        layout = arrangement.layout
        self._opened, self._closed = arrangement.opened, arrangement.closed
        self._flat = layout is not ListLayout.TREE
        self._keys = SortKeys(arrangement.sorts, layout)
        self.pages = PagedList(descending=self._keys.descending)
        self.members = GroupMembers(groups, layout) if layout.grouped else None
        self.shown = 0
        self._shown_of = ShardedDict[int, int]()
        self._heads = ShardedDict[int, list[Row]]()  # by number of a patient, its studies in a flat list

    # --- Patients come and go ---------------------------------------------------------------------------

    def put(self, patient: Row) -> None:
        """Put a patient at its position, or keep it out of sight; what stands apart comes last."""
        line = patient if patient.is_line else patient.parent
        if patient is line:
            self._place(patient, [patient], [(patient, (self._keys.place(_LINE),), [patient])])
            return
        terms = self.arrangement.terms
        studies = matching_studies(patient, terms) if line is None or self.is_open(line) else None
        self._keys.forget_below(patient)
        self.shown -= self._shown_of.pop(patient.number) or 0
        if studies is not None and terms and not patient.apart:
            found = sum(not row.error for row in studies)
            self.shown += found
            self._shown_of[patient.number] = found
        if studies is None:
            self._place(patient, [], [])
        elif self._flat and patient.splits:
            self._place(patient, studies, self._studies_alone(patient, studies))
        else:
            self._place(patient, [patient], [self._with_patient(patient, studies)])

    def take(self, patient: Row) -> None:
        """Take a patient out of sight, if it is there."""
        self._place(patient, [], [])
        self.shown -= self._shown_of.pop(patient.number) or 0

    def let_go(self, patient: Row) -> None:
        """Take those studies out of sight that are of another patient now, which is put later."""
        heads = self._heads.get(patient.number)
        if heads is not None:
            gone = [study for study in heads if study.parent is not patient]
            for study in gone:
                self._take_head(study)
                heads.remove(study)

    def _place(self, patient: Row, heads: list[Row], blocks: list[tuple[Row, Key, Block]]) -> None:
        """Show these blocks of a patient, each with its first row and its key, and no others.

        ``heads`` are the first rows of these blocks, and of those in groups that are closed.
        """
        before = self._heads.pop(patient.number) or [patient]
        numbers = {head.number for head in heads}
        for head in before:
            if head.number not in numbers:
                self._take_head(head)
        for head, key, block in blocks:
            self.pages.put(head, key, block)
        if heads and heads != [patient]:
            self._heads[patient.number] = list(heads)

    def _take_head(self, head: Row) -> None:
        self.pages.take(head)
        if self.members is not None and (empty := self.members.leave(head)) is not None:
            self.pages.take(empty)

    def _studies_alone(self, patient: Row, studies: list[Row]) -> list[tuple[Row, Key, Block]]:
        """A block for each study of a patient, without those in groups that are closed."""
        members, keys = self.members, self._keys
        if members is None or patient.apart:
            part: Key = (keys.place(_APART if patient.apart else _MAIN),)
            return [self._alone(study, patient, part) for study in studies]
        blocks: list[tuple[Row, Key, Block]] = []
        for study in studies:
            group, before = members.group_for(study), members.group_of.get(study.number)
            if group is not before:
                if before is not None:
                    self._take_head(study)
                members.join(study, group)
            if self.pages.page_of.get(group.number) is None:
                self.pages.put(group, self._group_key(group, _HEADER), [group])
            if self.is_open(group):
                blocks.append(self._alone(study, patient, self._group_key(group, _STUDIES)))
            else:
                self.pages.take(study)
        return blocks

    def _alone(self, study: Row, patient: Row, part: Key) -> tuple[Row, Key, Block]:
        key = self._keys.of_study_alone(study, patient)
        return study, (*part, key, self._keys.order(study)), self._below([study])

    def _with_patient(self, patient: Row, studies: list[Row]) -> tuple[Row, Key, Block]:
        """The block of a patient with what is in sight below it; a single study may stand for both."""
        keys = self._keys
        part = _APART if patient.apart else _UNGROUPED if self.members is not None else _MAIN
        if patient.only_study is not None:
            block = self._below(studies)
        else:
            block = [patient, *(self._below(self._sorted(studies)) if self.is_open(patient) else [])]
        return patient, (keys.place(part), keys.of(patient), keys.patient_order(patient)), block

    def _group_key(self, group: GroupRow, part: int) -> Key:
        keys = self._keys
        return (keys.place(_MAIN), keys.of_group(group), keys.place(part))

    def ordered(self, groups: Iterable[GroupRow]) -> list[GroupRow]:
        """Put groups in their order from the top."""
        return sorted(groups, key=self._keys.of_group, reverse=self._keys.descending)

    def forget(self, row: Row) -> None:
        """Forget the sort keys of a row and of those above it: what they are made from changed."""
        self._keys.forget(row)

    @property
    def containers(self) -> tuple[list[Any] | dict[Any, Any], ...]:
        """What the rows are kept in, to be freed once another projection is shown."""
        members = self.members.group_of.parts if self.members is not None else ()
        kept = (self.pages.page_of.parts, self._keys.parts, self._shown_of.parts, self._heads.parts, members)
        return (self.pages.pages, *(part for parts in kept for part in parts))

    # --- What is open -----------------------------------------------------------------------------------

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are in sight where it is."""
        if isinstance(row, GroupRow):
            return row.key not in self.arrangement.closed_groups
        if row.number in self._opened:
            return True
        if row.is_line:
            return False
        return row.level is Level.PATIENT and bool(row.children) and row.number not in self._closed

    def was_opened(self, number: int) -> bool:
        """Whether the user opened this row."""
        return number in self._opened

    def open(self, row: Row) -> None:
        """Let the rows below it be in sight."""
        self._closed.discard(row.number)
        self._opened.add(row.number)

    def close(self, row: Row) -> None:
        """Let the rows below it be out of sight."""
        self._opened.discard(row.number)
        self._closed.add(row.number)

    def fold(self, group: GroupKey, *, open_: bool) -> None:
        """Let the studies of a group be in sight, or not, once their patients are put again."""
        if open_:
            self.arrangement.closed_groups.discard(group)
        else:
            self.arrangement.closed_groups.add(group)

    # --- Blocks -----------------------------------------------------------------------------------------

    def _below(self, rows: list[Row]) -> Block:
        """These rows, each with those in sight below it."""
        block: Block = []
        for row in rows:
            block.append(row)
            if row.number not in self._opened:
                continue
            # of a series perhaps a hundred thousand, with nothing below
            block += row.children if row.level is Level.SERIES else self._below(row.children)
        return block

    def _sorted(self, studies: list[Row]) -> list[Row]:
        if len(studies) < 2:
            return studies
        messages = [row for row in studies if row.error]
        found = sorted(
            (row for row in studies if not row.error), key=self._keys.of, reverse=self._keys.descending
        )
        return [*found, *messages]
