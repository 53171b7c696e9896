"""Has programs of the system open files and show folders, and tells where none does."""

from __future__ import annotations

import sys
from functools import partial

from PySide6.QtCore import QObject, QProcess, QStandardPaths, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from workstation.app.keep_awake import environment_of_the_system
from workstation.dicom import display
from workstation.widgets.main_window import MainWindow


class SystemOpener(QObject):
    """Opens paths as the desktop does.

    On Linux xdg-open is run here: Qt runs it, too, but tells nothing of its exit status, by which alone one
    learns that no program answered.

    Signals:
        unanswered: A path that no program opened.
    """

    unanswered = Signal(str)

    def open(self, path: str) -> None:
        """Open a file, or show a folder."""
        url = QUrl.fromLocalFile(path)
        program = QStandardPaths.findExecutable("xdg-open") if sys.platform.startswith("linux") else ""
        if program:
            self._run(program, path, bytes(url.toEncoded().data()).decode("ascii"))
        elif not QDesktopServices.openUrl(url):
            self.unanswered.emit(path)

    def _run(self, program: str, path: str, url: str) -> None:
        for ended in self.findChildren(QProcess):
            if ended.state() is QProcess.ProcessState.NotRunning:
                ended.deleteLater()
        process = QProcess(self)
        process.setProcessEnvironment(environment_of_the_system())
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.errorOccurred.connect(partial(self._failed, path))
        process.finished.connect(partial(self._finished, path))
        process.start(program, [url])

    def _failed(self, path: str, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:  # after any other it finishes
            self.unanswered.emit(path)

    def _finished(self, path: str, code: int, status: QProcess.ExitStatus) -> None:
        if code or status is QProcess.ExitStatus.CrashExit:
            self.unanswered.emit(path)


def opener_for(window: MainWindow, unanswered: str) -> SystemOpener:
    """Return what opens paths; where no program does, ``unanswered`` says so, with the path in it."""
    opener = SystemOpener(window)

    def offer_path(path: str) -> None:
        text = unanswered.format(path=display.plain(path))
        window.notice.offer(
            text, window.tr("Copy path"), lambda: QApplication.clipboard().setText(path), calm=False
        )

    opener.unanswered.connect(offer_path)
    return opener
