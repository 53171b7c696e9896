from __future__ import annotations

import sys
import threading

import pytest
from pytestqt.qtbot import QtBot

from workstation.app.excepthooks import install_hooks
from workstation.controllers.notices import Notices


@pytest.mark.logs("a bug in a slot", "a bug in a thread")
def test_bugs_reach_the_log_and_the_reader(qtbot: QtBot) -> None:
    notices = Notices()
    said: list[tuple[str, int]] = []
    notices.posted.connect(lambda text, detail, calm: said.append((text, threading.get_ident())))
    before = sys.excepthook, threading.excepthook
    remove = install_hooks(notices)
    try:
        error = KeyError("Doe^John")
        sys.excepthook(KeyError, error, None)
        thread = threading.Thread(target=lambda: [][1], name="workstation-test")
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: len(said) == 2)
    finally:
        remove()
    assert (sys.excepthook, threading.excepthook) == before
    assert {ident for _, ident in said} == {threading.get_ident()}
    assert all("Doe" not in text for text, _ in said)
