from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from workstation.widgets import desktop_notice
from workstation.widgets.desktop_notice import DesktopNotice


@pytest.fixture
def notice(qtbot: QtBot) -> DesktopNotice:
    window = QWidget()
    qtbot.addWidget(window)
    return DesktopNotice(window)


def test_where_there_is_no_tray_the_taskbar_tells(
    notice: DesktopNotice, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerted: list[QWidget] = []
    monkeypatch.setattr(QApplication, "alert", alerted.append)
    notice.show("1 transfer complete")
    assert alerted == [notice.parent()]
    notice.hide()


def test_a_message_of_the_desktop_goes_with_its_icon(
    notice: DesktopNotice, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    shown: list[tuple[object, ...]] = []
    visible: list[bool] = []
    monkeypatch.setattr(desktop_notice, "SHOWN_MS", 1)
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda tray, *what: shown.append(what))
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda tray: visible.append(True))
    monkeypatch.setattr(QSystemTrayIcon, "hide", lambda tray: visible.append(False))
    notice.show("2 transfers complete")
    assert shown[0][:2] == ("Workstation", "2 transfers complete")
    qtbot.waitUntil(lambda: visible == [True, False])
