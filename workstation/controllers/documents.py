"""Extracts documents from objects, for the system's programs to open."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.preview import Preview
from workstation.errors import UserMessage
from workstation.imaging.decoding import Decoding
from workstation.imaging.encapsulated_document import write_document
from workstation.imaging.picture import Undecodable
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended, Run
from workstation.models.translation import translated


class Documents(QObject):
    """Extracts the document of the object on show.

    Signals:
        ready: The file, as text, for the system to open.
    """

    ready = Signal(str)

    def __init__(self, lanes: Lanes, preview: Preview, folder: Path, notices: Notices) -> None:
        """``folder`` holds the files until :meth:`close`; what is left of an earlier run goes now."""
        super().__init__()
        self._lanes = lanes
        self._preview = preview
        self._folder = folder
        self._notices = notices
        lanes.submit(Lane.SHOW, "remove old documents", lambda run: self.close())

    def open(self) -> None:
        """Extract the document of the current object."""
        path = self._preview.path
        if path is not None:
            job = self._lanes.submit(
                Lane.SHOW, "open document", partial(_taken, self._preview.decoding, path, self._folder)
            )
            job.ended.connect(self._taken)

    def close(self) -> None:
        """Delete the files: they are a patient's; one that another program holds open may stay."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _taken(self, ended: Ended) -> None:
        if isinstance(ended.result, Path):
            self.ready.emit(str(ended.result))
        elif isinstance(ended.result, UserMessage):
            message = self.tr("The document cannot be opened. {0}").format(translated(ended.result))
            self._notices.posted.emit(message, "", False)


def _taken(decoding: Decoding, path: Path, folder: Path, run: Run) -> Path | UserMessage:
    try:
        return write_document(decoding.document(path), path, folder)
    except Undecodable as reason:
        return reason.reason
    except OSError:
        return UserMessage("A file cannot be read or written.")
