"""Group studies by day, by modality or by source: each study once, below the header of one group.

A study of several modalities is in the group of all of them ("CT, SR"), one that several sources told of in
the group of these sources. So no study is counted twice, and none is left out: what is not told is a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, StudyMatch
from workstation.dicom.value_readers import read_date
from workstation.models.dates import day_in_words
from workstation.models.row_store import RowStore
from workstation.models.rows import Fill, Row
from workstation.models.translation import translate
from workstation.settings.list_layout import ListLayout

GroupKey = tuple[str, ...]
"""A day, modalities or sources; empty: not told."""
BETWEEN: Final = " · "
"""Separates what a group is of from how many studies are in it."""


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class GroupRow(Row):
    """The header of a group: a row that is no entity.

    Attributes:
        by: What studies are grouped by.
        key: What those in this one have in common.
    """

    by: ListLayout
    key: GroupKey

    @property
    @override
    def is_group(self) -> bool:
        return True

    @property
    @override
    def opens(self) -> bool:
        return True

    @property
    def count(self) -> int:
        """How many studies the list shows in it, be it open or closed."""
        return self.layout.counts.get(self.number, 0)

    @property
    @override
    def message(self) -> str:
        count = self.count
        studies = translate("1 study") if count == 1 else translate("{n} studies", n=count)
        return f"{display.isolated(self.title)}{BETWEEN}{studies}"

    @property
    def title(self) -> str:
        """What the group is of."""
        return group_title(self.by, self.key, date.today())


def group_title(by: ListLayout, key: GroupKey, today: date) -> str:
    """Write what a group is of."""
    if by is ListLayout.DAY:
        return day_in_words(key[0], today) if key else translate("No date told")
    if by is ListLayout.MODALITY:
        return ", ".join(map(display.plain, key)) if key else translate("No modality told")
    names = (translate("Library") if source == LIBRARY else display.plain(source) for source in key)
    return ", ".join(names) if key else translate("No source told")


def group_key(study: Row, by: ListLayout) -> GroupKey:
    """Return what a study has in common with those of its group."""
    if by is ListLayout.DAY:
        best = study.best
        day = read_date(best.date) if isinstance(best, StudyMatch) else ""
        return (day,) if day else ()
    if by is ListLayout.MODALITY:
        return tuple(sorted(study.modalities))
    return tuple(sorted(study.matches, key=lambda source: (source == LIBRARY, source)))


class StudyGroups:
    """The headers of the groups of one search: a group has the same row in whatever order it is shown."""

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self._rows: dict[tuple[ListLayout, GroupKey], GroupRow] = {}

    def group_of(self, study: Row, by: ListLayout) -> GroupRow:
        """The header of the group that a study is in."""
        key = group_key(study, by)
        found = self._rows.get((by, key))
        if found is None:
            found = self._rows[by, key] = GroupRow(
                number=self._store.new_number(),
                level=Level.PATIENT,
                uid="",
                fill=Fill.FULL,
                error=by.value,
                layout=self._store.layout,
                by=by,
                key=key,
            )
            self._store.rows[found.number] = found
        return found

    def clear(self) -> None:
        """Forget all groups: their rows are removed."""
        self._rows.clear()
