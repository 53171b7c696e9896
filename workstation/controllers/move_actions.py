"""Has the selected rows sent from their archives to another AE title, once the user has agreed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.selected_rows import SelectedRows, entities, title_of_all
from workstation.controllers.sources import Sources
from workstation.controllers.third_party_moves import ThirdPartyMoves
from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch
from workstation.dicom.nodes import check_ae_title
from workstation.dicom.targets import Target
from workstation.errors import BadInput
from workstation.models.row_targets import target_of
from workstation.models.rows import Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import image_count


class MoveActions(QObject):
    """Moves the selected rows to a third party.

    Signals:
        title_needed: What to call with the AE title the user types.
        question_asked: A question, the verb of its button, and what to call when the user agrees.
    """

    title_needed = Signal(object)
    question_asked = Signal(str, str, object)

    def __init__(
        self, rows: SelectedRows, sources: Sources, moves: ThirdPartyMoves, notices: Notices
    ) -> None:
        super().__init__()
        self._rows = rows
        self._sources = sources
        self._moves = moves
        self._notices = notices

    def move_selected(self, destination: str) -> None:
        """Have the selected rows sent to an AE title; without one the user is asked for it.

        What the user types, and what is of several patients, is confirmed first.
        """
        rows = [row for row in entities(self._rows.rows) if self._rows.archives(row)]
        if not rows:
            self._notices.show_note(self.tr("No archive in your list told of it: none can send it."))
        elif destination:
            self._move(rows, destination, confirm=len(_patients(rows)) > 1)
        else:
            self.title_needed.emit(lambda typed: self._move(rows, typed, confirm=True))

    def _move(self, rows: Sequence[Row], destination: str, *, confirm: bool) -> None:
        try:
            destination = check_ae_title(destination).strip(" ")
        except BadInput as error:
            self._notices.show_error(error)
            return
        able = [row for row in rows if self._archive(row, destination)]
        if len(able) < len(rows):
            self._notices.show_note(self._why_not(rows, destination))
        if not able:
            return
        if not confirm:
            self._begin(able, destination)
            return
        question = self.tr("Send {images} of {whom} to AE “{destination}”?").format(
            images=self._images(able), whom=self._whom(able), destination=destination
        )
        self.question_asked.emit(question, self.tr("Send"), lambda: self._begin(able, destination))

    def _why_not(self, rows: Sequence[Row], destination: str) -> str:
        nodes = [
            node for row in rows for key in self._rows.archives(row) if (node := self._sources.node(key))
        ]
        if any(node.calling_ae_title.strip() == destination for node in nodes):
            return self.tr("“{title}” is this workstation: use “Fetch” instead.").format(title=destination)
        return self.tr("What “{title}” has itself is not sent to it.").format(title=destination)

    def _archive(self, row: Row, destination: str) -> str:
        """The archive to be asked: the one that counts most, never the destination; empty: there is none."""
        keys = []
        for key in self._rows.archives(row):
            node = self._sources.node(key)
            if node is not None and destination not in (node.ae_title.strip(), node.calling_ae_title.strip()):
                keys.append(key)
        return max(keys, key=lambda key: row.count_by(key) or 0, default="")

    def _images(self, rows: Sequence[Row]) -> str:
        count = _count(rows)
        if count is None:
            return self.tr("an unknown number of images")
        return image_count(count)

    def _whom(self, rows: Sequence[Row]) -> str:
        patients = _patients(rows)
        if len(patients) > 1:
            return self.tr("{n} patients").format(n=len(patients))
        name = display.isolated(SHOWN_NAMES.written(patients[0].name)) or self.tr("(no name)")
        return f"{name}, {display.day(patients[0].birth_date) or self.tr('(no birth date)')}"

    def _begin(self, rows: Sequence[Row], destination: str) -> None:
        """Begin a transfer for each study and archive; what was removed meanwhile is left out."""
        of_study: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            study, key = row.above(Level.STUDY), self._archive(row, destination)
            if study is not None and key:
                of_study.setdefault((study.uid, key), []).append(row)
        for (_, key), parts in of_study.items():
            targets = list(_targets(parts))
            if targets:
                self._moves.move(targets, key, destination, title_of_all(parts), images=_count(parts))


def _targets(rows: Sequence[Row]) -> Iterator[Target]:
    """The targets of rows of one study; the images of one series are one target."""
    images: dict[str, list[Target]] = {}
    for row in rows:
        target = target_of(row)
        if target is not None and target.instances:
            images.setdefault(target.series[0], []).append(target)
        elif target is not None:
            yield target
    for parts in images.values():
        yield replace(parts[0], instances=tuple(uid for part in parts for uid in part.instances))


def _count(rows: Sequence[Row]) -> int | None:
    counts = [row.instances for row in rows]
    return None if None in counts else sum(count for count in counts if count is not None)


def _patients(rows: Sequence[Row]) -> list[PatientMatch]:
    """Each patient of the rows once."""
    return [row.patient for row in {row.top.number: row for row in rows}.values()]
