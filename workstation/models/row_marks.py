"""Hold the marks of all studies for the rows of the results, found by Study Instance UID."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from workstation.dicom.study_mark import MarkChange, StudyMark, changed, in_order, label_key


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChoice:
    """The labels of some studies.

    Attributes:
        on_all: Labels that all of them have.
        on_some: Labels that some of them have, but not all.
        used: All labels that any study has.
    """

    on_all: tuple[str, ...]
    on_some: tuple[str, ...]
    used: tuple[str, ...]


class RowMarks:
    """What ``marks.db`` holds, as the rows show it; rows ask by UID, so that none has a mark of its own.

    Attributes:
        by_study: Marks by Study Instance UID.
        unread: Study Instance UIDs of unread studies.
    """

    def __init__(self) -> None:
        self.by_study: dict[str, StudyMark] = {}
        self.unread: set[str] = set()

    def replace(self, marks: Mapping[str, StudyMark], unread: AbstractSet[str]) -> set[str]:
        """Hold these and no others; returns the studies of which something is different now."""
        differing = {
            study
            for study in self.by_study.keys() | marks.keys()
            if self.by_study.get(study) != marks.get(study)
        }
        differing |= self.unread ^ unread
        self.by_study, self.unread = dict(marks), set(unread)
        return differing

    def change(self, studies: Mapping[str, str], change: MarkChange) -> None:
        """Change the marks of studies, as :meth:`workstation.store.study_marks.StudyMarks.change`.

        Raises:
            OtherPatientsMark: One was made for another Patient ID. None is changed.
            BadInput: One would have too many labels, or too long a note; likewise.
        """
        marks = {
            study: changed(self.by_study.get(study), patient_id, change)
            for study, patient_id in studies.items()
        }
        for study, mark in marks.items():
            if mark.empty:
                self.by_study.pop(study, None)
            else:
                self.by_study[study] = mark

    def set_unread(self, studies: Iterable[str], *, unread: bool) -> None:
        """Make studies unread, or read."""
        (self.unread.update if unread else self.unread.difference_update)(studies)

    @property
    def label_counts(self) -> list[tuple[str, int]]:
        """All labels that any study has, in their order, each with the number of these studies."""
        found = [label for mark in self.by_study.values() for label in mark.labels]
        counts = Counter(map(label_key, found))
        return [(label, counts[label_key(label)]) for label in in_order(found)]

    def with_label(self, label: str) -> list[str]:
        """The studies that have a label."""
        key = label_key(label)
        return [study for study, mark in self.by_study.items() if key in map(label_key, mark.labels)]

    @property
    def pinned(self) -> list[str]:
        """The pinned studies."""
        return [study for study, mark in self.by_study.items() if mark.pinned]

    def label_choice(self, marks: Sequence[StudyMark]) -> LabelChoice:
        """What can be chosen for studies with these marks."""
        counts = Counter(label_key(label) for mark in marks for label in mark.labels)
        labels = in_order(label for mark in marks for label in mark.labels)
        return LabelChoice(
            on_all=tuple(label for label in labels if counts[label_key(label)] == len(marks)),
            on_some=tuple(label for label in labels if counts[label_key(label)] < len(marks)),
            used=in_order(label for mark in self.by_study.values() for label in mark.labels),
        )
