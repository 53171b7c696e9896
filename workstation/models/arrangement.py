"""Say how the rows of a result tree are arranged: layout, order, filter, and what is open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from workstation.models.columns import Column
from workstation.models.filter_terms import Term
from workstation.models.study_groups import GroupKey
from workstation.settings.list_layout import ListLayout

MOST_SORTS: Final = 3
"""Columns that sort at once."""


class Sort(NamedTuple):
    """A column that sorts rows, and whether the greatest is shown first."""

    column: Column
    descending: bool


NEWEST_FIRST: Final = (Sort(Column.DATE, descending=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How studies are shown, by what rows are sorted and filtered, and which are open.

    Attributes:
        layout: How studies are arranged.
        sorts: What sorts them: the second where the first is equal, and so on; one at least.
        terms: Rows that do not fit all of them are out of sight.
        opened: Numbers of the rows the user opened.
        closed: Numbers of the patients the user closed, which are open as soon as their studies are known.
        closed_groups: The groups the user closed.
    """

    layout: ListLayout = ListLayout.TREE
    sorts: tuple[Sort, ...] = NEWEST_FIRST
    terms: tuple[Term, ...] = ()
    opened: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    closed_groups: set[GroupKey] = field(default_factory=set)

    def filtered(self, terms: tuple[Term, ...]) -> Arrangement:
        """The same with another filter; every patient and every group is open then."""
        return replace(self, terms=terms, closed=set(), closed_groups=set())

    def sorted(self, sorts: tuple[Sort, ...]) -> Arrangement:
        """The same in another order."""
        return replace(self, sorts=sorts)

    def laid_out(self, layout: ListLayout) -> Arrangement:
        """The same with studies arranged in another way; every group is open then."""
        return replace(self, layout=layout, closed_groups=set())

    def with_closed_groups(self, groups: set[GroupKey]) -> Arrangement:
        """The same with these groups closed, and no others."""
        return replace(self, closed_groups=set(groups))

    def closed_again(self) -> Arrangement:
        """The same for the rows of another search."""
        return replace(self, opened=set(), closed=set(), closed_groups=set())
