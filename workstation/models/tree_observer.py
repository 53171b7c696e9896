"""Announce changes of a result tree to whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from workstation.models.layout import Layout
from workstation.models.rows import Row


class TreeObserver:
    """Is told what changes in a :class:`~workstation.models.result_tree.ResultTree`; here it ignores that."""

    def before_reset(self) -> None:
        """All rows are about to be removed."""

    def after_reset(self) -> None:
        """All rows are removed."""

    def before_move(self) -> None:
        """Rows are about to come, go or change their order."""

    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        """Rows of these patients, by number, came, went or changed their order; None: of any patient."""

    def rows_changed(self, first: Row, last: Row) -> None:
        """The facts of a row changed, or of the images of one series from ``first`` to ``last``."""

    def order_changed(self, row: Row) -> None:
        """The facts changed by which a row is sorted and filtered."""

    def patient_removed(self, patient: Row) -> None:
        """A patient is about to be removed."""

    def row_merged(self, gone: Row, kept: Row) -> None:
        """A row became part of another one, which is found by the number of both from now on."""

    def names_changed(self) -> None:
        """Names are to be read by another character set, or written in another way."""

    def modalities_known(self, study: Row) -> None:
        """It is known now of which modalities a study is."""

    def study_set_aside(self) -> None:
        """A study turned out not to be what was asked for, and was set aside."""

    def work_left(self) -> None:
        """Some work is to be done later, in slices."""


class TreeChanges:
    """Passes each announcement on to all observers, in the order in which they were added."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._observers: list[TreeObserver] = []

    def add(self, observer: TreeObserver) -> None:
        """Announce to this observer, too."""
        self._observers.append(observer)

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """Announce that all rows are removed within."""
        for observer in self._observers:
            observer.before_reset()
        yield
        for observer in self._observers:
            observer.after_reset()

    @contextmanager
    def moving(self, patients: Iterable[Row] = (), *, every: bool = False) -> Iterator[dict[int, Row]]:
        """Announce that rows of these patients come, go or change their order within.

        Yields:
            The patients by number; further ones may be added. With ``every``, any row may look different.
        """
        touched = {patient.number: patient for patient in patients}
        for observer in self._observers:
            observer.before_move()
        yield touched
        self._layout.version += 1
        for observer in self._observers:
            observer.after_move(None if every else touched)

    def changed(self, row: Row) -> None:
        """Announce that the facts of a row changed; it stays where it is until rows move."""
        self.order_changed(row)
        self.rows_changed(row, row)

    def order_changed(self, row: Row) -> None:
        """Announce that the facts changed by which a row is sorted and filtered."""
        row.text = ""
        self._layout.version += 1
        for observer in self._observers:
            observer.order_changed(row)

    def rows_changed(self, first: Row, last: Row) -> None:
        """Announce that facts changed of one row, or of images of one series, from first to last."""
        for observer in self._observers:
            observer.rows_changed(first, last)

    def patient_removed(self, patient: Row) -> None:
        """Announce that a patient is about to be removed."""
        for observer in self._observers:
            observer.patient_removed(patient)

    def row_merged(self, gone: Row, kept: Row) -> None:
        """Announce that a row became part of another one."""
        for observer in self._observers:
            observer.row_merged(gone, kept)

    def names_changed(self) -> None:
        """Announce that names are to be read or written anew."""
        for observer in self._observers:
            observer.names_changed()

    def modalities_known(self, study: Row) -> None:
        """Announce that it is known of which modalities a study is."""
        for observer in self._observers:
            observer.modalities_known(study)

    def study_set_aside(self) -> None:
        """Announce that a study turned out not to be what was asked for."""
        for observer in self._observers:
            observer.study_set_aside()

    def work_left(self) -> None:
        """Announce that work is to be done later, in slices."""
        for observer in self._observers:
            observer.work_left()
