from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLineEdit
from pytestqt.qtbot import QtBot

from workstation.dicom.hours import Hours
from workstation.dicom.nodes import Identity, Node, RetrieveMethod, Secret, Timeouts, Tls, WorklistOffer
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.query_options import QueryOptions
from workstation.dicom.rate_limit import RateLimit
from workstation.errors import BadInput
from workstation.widgets.form import Entry
from workstation.widgets.node_dialog import NodeDialog

PLAIN = Node(name="PACS-A", ae_title="ARCHIVE", host="10.0.0.5", port=104)
Make = Callable[..., NodeDialog]


@pytest.fixture
def make(qtbot: QtBot) -> Make:
    def dialog(node: Node | None = None, **how: object) -> NodeDialog:
        made = NodeDialog(node, **how)  # type: ignore[arg-type]
        qtbot.addWidget(made)
        made.show()
        return made

    return dialog


def can_end(dialog: NodeDialog) -> bool:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def fill(dialog: NodeDialog, **texts: str) -> None:
    for name, text in texts.items():
        entry: Entry = getattr(dialog, name)
        entry.line.setText(text)


def leave(line: QLineEdit) -> None:
    """What Qt tells a field when the focus goes elsewhere; an inactive window's fields hear nothing."""
    QApplication.sendEvent(line, QFocusEvent(QEvent.Type.FocusOut))


def test_a_new_node_needs_name_title_and_host(make: Make) -> None:
    dialog = make(calling="READING-3")
    assert not can_end(dialog)
    assert not dialog.name.note.property("error")
    fill(dialog, name="PACS-A", ae_title="ARCHIVE")
    assert not can_end(dialog)
    fill(dialog, host="10.0.0.5")
    assert can_end(dialog)
    assert dialog.node == replace(PLAIN, calling_ae_title="READING-3")


def test_a_node_comes_out_as_it_went_in(make: Make, tmp_path: Path) -> None:
    full = Node(
        name="Größe 大学",
        ae_title="PACS B",
        host="pacs.example",
        port=2762,
        calling_ae_title="ME",
        retrieve=RetrieveMethod.MOVE,
        charset="GB18030",
        max_pdu=20480,
        associations=4,
        idle=7.5,
        opens_ahead=True,
        timeouts=Timeouts(connect=7.5, association=4, echo=3, find=90, retrieve=1800, store=33),
        tls=Tls(str(tmp_path / "ca.pem"), str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")),
        identity=Identity("reader", "secret", Secret.KEPT),
        domain="Hospital 大学",
        rate_limit=RateLimit(20.5, Hours(420, 1080)),
        priors=PriorRule(5, Likeness.BODY_PART, 24),
        queries=QueryOptions(relational=True, combined_times=True, fuzzy_names=True, time_zone=True),
        worklist=WorklistOffer.YES,
    )
    assert make(full, keyring=True).node == full
    assert make(PLAIN).node == PLAIN
    odd = replace(PLAIN, charset="ISO 2022 IR 58", max_pdu=0)
    assert make(odd).node == odd


def test_priors_are_off_until_they_are_switched_on(make: Make) -> None:
    dialog = make(PLAIN)
    page = dialog.priors
    assert not page.studies.isEnabled()
    page.on.click()
    assert dialog.node.priors == PriorRule()
    page.studies.setValue(1)
    page.likeness.choose(Likeness.ANY)
    page.months.setValue(12)
    assert dialog.node.priors == PriorRule(1, Likeness.ANY, 12)
    page.on.click()
    assert dialog.node.priors is None


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", "   ", "Give each node a name."),
        ("name", "pacs-b", "Another source has this name already."),
        ("name", "library", "Another source has this name already."),
        ("ae_title", "SEVENTEEN LETTERS", "At most 16 characters."),
        ("ae_title", "A\\B", "Only plain ASCII characters without backslash."),
        ("ae_title", "大学", "Only plain ASCII characters without backslash."),
        ("host", "two words", "Give a host name or an IP address."),
        ("port", "", "A number from 1 to 65535."),
        ("port", "0", "A number from 1 to 65535."),
        ("port", "65536", "A number from 1 to 65535."),
        ("port", "1e3", "A number from 1 to 65535."),
        ("port", "\uff11\uff10\uff14", "A number from 1 to 65535."),
        ("calling", "", "Give 1 to 16 characters."),
    ],
)
def test_what_is_wrong_stands_beside_the_field(make: Make, field: str, text: str, said: str) -> None:
    dialog = make(PLAIN, others=["PACS-B"])
    entry: Entry = getattr(dialog, field)
    hint = entry.note.text()
    good = entry.line.text()
    fill(dialog, **{field: text})
    assert entry.note.text() == said
    assert entry.note.property("error")
    assert not can_end(dialog)
    assert not dialog.tabs.tabIcon(0).isNull()
    with pytest.raises(BadInput):
        _ = dialog.node
    fill(dialog, **{field: good})
    assert entry.note.text() == hint
    assert can_end(dialog)
    assert dialog.tabs.tabIcon(0).isNull()


def test_an_empty_field_is_called_wrong_only_when_it_was_left(make: Make) -> None:
    dialog = make()
    assert not dialog.name.note.property("error")
    leave(dialog.name.line)
    assert dialog.name.note.text() == "Give each node a name."
    assert not dialog.tabs.tabIcon(0).isNull()
    assert not dialog.host.note.property("error")


def test_blanks_around_a_text_do_not_count(make: Make) -> None:
    dialog = make(PLAIN)
    fill(dialog, name="  PACS-B ", host=" 10.0.0.6 ", ae_title=" A ", port=" 105 ")
    assert dialog.node == Node(name="PACS-B", ae_title="A", host="10.0.0.6", port=105)


def test_enter_does_not_end_a_wrong_form(qtbot: QtBot, make: Make) -> None:
    dialog = make(PLAIN)
    fill(dialog, port="x")
    qtbot.keyClick(dialog.port.line, Qt.Key.Key_Return)
    dialog.accept()
    assert dialog.isVisible()
    fill(dialog, port="105")
    qtbot.keyClick(dialog.port.line, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.node.port == 105


# --- Security ----------------------------------------------------------------------------------------


def test_tls_files_are_looked_for_when_the_field_is_left(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    dialog = make(PLAIN)
    dialog.tabs.setCurrentIndex(2)
    page = dialog.security
    assert not page.files.ca.line.isEnabled()
    page.files.encrypted.setChecked(True)
    assert dialog.node.tls == Tls()
    qtbot.keyClicks(page.files.ca.line, str(tmp_path / "ca.pem"))
    assert can_end(dialog)
    leave(page.files.ca.line)
    assert page.files.ca.note.text() == "There is no such file."
    assert not can_end(dialog)
    (tmp_path / "ca.pem").touch()
    leave(page.files.ca.line)
    assert can_end(dialog)
    page.files.ca.line.setText("ca.pem")
    assert page.files.ca.note.text() == "Give the whole path."
    page.files.encrypted.setChecked(False)
    assert can_end(dialog)
    assert dialog.node.tls is None


def test_a_key_needs_its_certificate(make: Make, tmp_path: Path) -> None:
    dialog = make(replace(PLAIN, tls=Tls()))
    dialog.security.files.key.line.setText(str(tmp_path / "key.pem"))
    assert dialog.security.files.certificate.note.text() == "A key needs its certificate."
    assert not can_end(dialog)
    dialog.security.files.certificate.line.setText(str(tmp_path / "cert.pem"))
    assert can_end(dialog)


def test_a_user_and_where_the_passcode_comes_from(make: Make) -> None:
    dialog = make(PLAIN, keyring=True)
    page = dialog.security
    assert page.passcode.echoMode() is QLineEdit.EchoMode.Password
    assert not page.secret.isEnabled()
    page.user.line.setText("reader")
    assert dialog.node.identity == Identity("reader")
    assert not page.passcode.isEnabled()
    page.secret.choose(Secret.KEPT)
    page.passcode.setText("hunter2")
    assert dialog.node.identity == Identity("reader", "hunter2", Secret.KEPT)
    page.secret.choose(Secret.NONE)
    assert dialog.node.identity == Identity("reader")


def test_without_a_keyring_nothing_is_offered_to_be_kept(make: Make) -> None:
    dialog = make(replace(PLAIN, identity=Identity("reader", None, Secret.KEPT)))
    assert dialog.security.secret.count() == 2
    assert dialog.node.identity == Identity("reader", None, Secret.ASKED)


def test_a_keyring_found_later_is_offered(make: Make) -> None:
    dialog = make(replace(PLAIN, identity=Identity("reader", None, Secret.ASKED)))
    dialog.security.offer_keyring()
    dialog.security.offer_keyring()
    assert dialog.security.secret.count() == 3
    assert dialog.node.identity == Identity("reader", None, Secret.ASKED)
    dialog.security.secret.choose(Secret.KEPT)
    assert dialog.node.identity == Identity("reader", None, Secret.KEPT)


# --- Echo ----------------------------------------------------------------------------------------------


def test_echo_asks_with_what_stands_there_even_without_a_name(make: Make) -> None:
    dialog = make()
    asked: list[Node] = []
    dialog.echo_requested.connect(asked.append)
    assert not dialog.echo.button.isEnabled()
    fill(dialog, ae_title="ARCHIVE", host="10.0.0.5")
    dialog.echo.button.click()
    assert asked == [replace(PLAIN, name="")]
    assert dialog.echo.text.text() == "Testing…"


def test_details_of_the_echo_move_nothing_above_them_and_leave_no_room_behind(make: Make) -> None:
    dialog = make(PLAIN)

    def places() -> list[QRect]:
        QApplication.processEvents()
        parts = (dialog.tabs, dialog.echo.button, dialog.echo.details)
        return [QRect(part.mapTo(dialog, QPoint()), part.size()) for part in parts]

    dialog.set_answer("PACS answers", "C-ECHO", good=True)
    size, before = dialog.size(), places()
    dialog.echo.details.click()
    assert dialog.echo.detail.isVisible()
    assert places() == before
    dialog.echo.details.click()
    assert places() == before
    assert dialog.size() == size
    dialog.echo.details.click()
    assert places() == before
    dialog.set_answer("It offers this.\n" * 20, "", good=True)  # the next answer has none, and is long
    assert places()[:2] == before[:2]
    assert dialog.size() == size


def test_an_answer_goes_when_the_form_changes_or_ends(qtbot: QtBot, make: Make) -> None:
    dialog = make(PLAIN)
    dialog.set_answer("<b>PACS</b> answers", "C-ECHO", good=True)
    assert dialog.echo.text.text() == "<b>PACS</b> answers"
    assert dialog.echo.text.textFormat() is Qt.TextFormat.PlainText
    assert dialog.echo.details.isVisible()
    assert not dialog.echo.detail.isVisible()
    dialog.echo.details.click()
    assert dialog.echo.detail.toPlainText() == "C-ECHO"
    with qtbot.waitSignal(dialog.echo_outdated):
        fill(dialog, port="105")
    assert dialog.echo.text.text() == ""
    assert not dialog.echo.details.isVisible()
    for change in (
        lambda: dialog.advanced.associations.setValue(5),
        lambda: dialog.security.user.line.setText("x"),
        dialog.reject,
    ):
        with qtbot.waitSignal(dialog.echo_outdated):
            change()


def test_the_hours_of_a_limit_are_checked_while_there_is_one(make: Make) -> None:
    dialog = make(PLAIN)
    page = dialog.advanced
    assert not page.limit_hours.line.isEnabled()
    page.megabits.setValue(20)
    assert dialog.node.rate_limit == RateLimit(20)
    page.limit_hours.line.setText("at night")
    assert page.limit_hours.note.text() == "Two times of the day, for example 20:00-06:00."
    assert not can_end(dialog)
    page.limit_hours.line.setText("7:00-18:00")
    assert dialog.node.rate_limit == RateLimit(20, Hours(420, 1080))
    page.megabits.setValue(0)
    assert dialog.node.rate_limit is None


def test_a_long_answer_does_not_widen_the_dialog(make: Make) -> None:
    dialog = make(PLAIN)
    width = dialog.width()
    dialog.set_answer("x " * 400 + "y" * 300, "z" * 5000, good=False)
    QApplication.processEvents()
    assert dialog.width() == width
