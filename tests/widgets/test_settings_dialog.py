from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from workstation.dicom.nodes import Tls
from workstation.dicom.person_names import NameGroup, NameOrder
from workstation.settings.list_layout import ListLayout
from workstation.settings.preferences import Preferences, Theme
from workstation.widgets.form import Entry
from workstation.widgets.settings_dialog import SettingsDialog


def make(qtbot: QtBot, preferences: Preferences) -> SettingsDialog:
    dialog = SettingsDialog(preferences, addresses=["192.0.2.7"], library="/home/me/library")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_preferences_come_out_as_they_went_in(qtbot: QtBot, tmp_path: Path) -> None:
    tls = Tls("/ca.pem", "/own.pem", "/own.key")
    full = Preferences(
        ae_title="ME",
        port=104,
        library=str(tmp_path),
        theme=Theme.DARK,
        address="127.0.0.1",
        listen_always=True,
        accept_from=("CT 1", "MR"),
        listener_tls=tls,
        decode_lossy=True,
        kept_frames=0,
        join_pushes=False,
        resume_fetches=True,
        notify_transfers=False,
        one_of_each=True,
        search_limit=750,
        list_layout=ListLayout.DAY,
        name_order=NameOrder.STORED,
        name_group=NameGroup.ALPHABETIC,
        refresh_minutes=15,
        station="CT 1",
        only_station=True,
        own_periods=("last 3w",),
    )
    same = [one.name for one in fields(full) if getattr(full, one.name) == getattr(Preferences(), one.name)]
    assert not same, "this test must change every preference"
    assert make(qtbot, full).preferences == full
    assert make(qtbot, Preferences()).preferences == Preferences()


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("ae_title", "", "Give 1 to 16 characters."),
        ("port", "0", "A number from 1 to 65535."),
        ("address", "localhost", "An IP address of this computer, or nothing for all."),
        ("accept_from", "CT, SEVENTEEN LETTERS", "At most 16 characters."),
        ("library", "relative/folder", "Give the whole path."),
        ("kept_frames", "-1", "0 to 65536 MB."),
        ("kept_frames", "65537", "0 to 65536 MB."),
    ],
)
def test_what_is_wrong_stands_beside_the_field(qtbot: QtBot, field: str, text: str, said: str) -> None:
    dialog = make(qtbot, Preferences(listen_always=True))
    entry: Entry = getattr(dialog, field)
    entry.line.setText("x")
    entry.line.setText(text)
    assert entry.note.text() == said
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_pushes_are_a_matter_of_listening_always(qtbot: QtBot) -> None:
    dialog = make(qtbot, Preferences())
    assert not dialog.accept_from.line.isEnabled()
    dialog.always.setChecked(True)
    dialog.accept_from.line.setText("CT 1; MR,, ")
    assert dialog.preferences.accept_from == ("CT 1", "MR")
    assert dialog.preferences.listen_always


def test_an_empty_list_of_senders_says_that_it_refuses_all(qtbot: QtBot) -> None:
    dialog = make(qtbot, Preferences(listen_always=True))
    dialog.tabs.setCurrentIndex(1)
    assert dialog.refusing.isVisible()
    dialog.accept_from.line.setText("CT 1")
    assert not dialog.refusing.isVisible()
    dialog.accept_from.line.setText(" , ")
    assert dialog.refusing.isVisible()
    dialog.always.setChecked(False)
    assert not dialog.refusing.isVisible()


def test_who_listens_encrypted_needs_a_certificate(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = make(qtbot, Preferences())
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    dialog.files.encrypted.setChecked(True)
    assert not ok.isEnabled()
    dialog.files.certificate.touch()
    assert dialog.files.certificate.note.text() == "Who listens needs a certificate."
    (tmp_path / "own.pem").touch()
    dialog.files.certificate.line.setText(str(tmp_path / "own.pem"))
    assert ok.isEnabled()
    assert dialog.preferences.listener_tls == Tls("", str(tmp_path / "own.pem"), "")
    dialog.files.encrypted.setChecked(False)
    assert dialog.preferences.listener_tls is None
