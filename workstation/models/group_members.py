"""Which studies are in which group, in one projection of the rows."""

from __future__ import annotations

from typing import Final

from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict
from workstation.models.study_groups import GroupRow, StudyGroups
from workstation.settings.list_layout import ListLayout

FEW: Final = 300
"""Studies of a group that are listed, so that it is opened and closed at once; more are in slices."""


class GroupMembers:
    """The group of each study that the filter lets through, whether it is open or not.

    Attributes:
        counts: By number of a group, how many studies are in it; only of groups with studies.
        group_of: By number of a study.
        changed: Numbers of the groups that studies came to or left, until who asks clears it.
    """

    def __init__(self, groups: StudyGroups, by: ListLayout) -> None:
        self._groups, self._by = groups, by
        self.counts: dict[int, int] = {}
        self.group_of = ShardedDict[int, GroupRow]()
        self.changed: set[int] = set()
        self._few: dict[int, list[Row] | None] = {}

    def group_for(self, study: Row) -> GroupRow:
        """The group that a study belongs to as it is now."""
        return self._groups.group_of(study, self._by)

    def join(self, study: Row, group: GroupRow) -> None:
        """Put a study that is in none into a group."""
        number = group.number
        self.group_of[study.number] = group
        self.counts[number] = self.counts.get(number, 0) + 1
        self.changed.add(number)
        few = self._few.setdefault(number, [])
        if few is not None:
            few.append(study)
            if len(few) > FEW:
                self._few[number] = None

    def leave(self, study: Row) -> GroupRow | None:
        """Take a study out of its group; the group, if no study is left in it."""
        group = self.group_of.pop(study.number)
        if group is None:
            return None
        number = group.number
        self.changed.add(number)
        few = self._few.get(number)
        if few is not None:
            few.remove(study)
        if self.counts[number] > 1:
            self.counts[number] -= 1
            return None
        del self.counts[number], self._few[number]
        return group

    def few_of(self, group: GroupRow) -> list[Row] | None:
        """The studies of a group; None: they are too many to be listed."""
        return self._few.get(group.number, [])
