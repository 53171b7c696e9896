"""The inspector: what was asked and answered, masked until it is asked for, and quick however much it is."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.network.conversations import find, talking
from tests.peers import wire
from tests.peers.peer import Talk
from workstation.controllers.inspector import Inspector
from workstation.controllers.notices import Notices
from workstation.dicom.masking import MASK
from workstation.dicom.nodes import Node
from workstation.errors import OperationFailed
from workstation.jobs.lanes import Lanes
from workstation.models import exchange_texts
from workstation.models.exchange_models import LineColumn
from workstation.models.transfer import Details
from workstation.network import command
from workstation.network.command import Field
from workstation.network.exchange import Exchange, Kind, TracedMessage
from workstation.network.exchanges import Exchanges, recorded
from workstation.network.trace import Event
from workstation.widgets.inspector_window import InspectorWindow
from workstation.widgets.theme import apply_theme

NAME = "DOE^JANE"
ROW = wire.explicit((0x00080060, "CS", b"CT"), (0x00100010, "PN", NAME.encode()))
NODE = Node(name="A", ae_title="PEER", host="127.0.0.1", port=104)

Make = Callable[[Exchanges], InspectorWindow]


def script(talk: Talk) -> None:
    request = talk.message(wire.FIND_RQ)
    talk.send(wire.response(request, 0xFF00, ROW))
    talk.send(wire.response(request, 0))
    talk.released()


def ask(kept: Exchanges) -> Exchange:
    with (
        recorded(Kind.SEARCH, None, "A", NODE, kept=kept) as observer,
        talking(script, observer=observer) as association,
    ):
        find(association, PatientName=NAME)
        association.remark("Asked again in capitals")
    return kept.recent()[-1]


def many(kept: Exchanges, answers: int) -> Exchange:
    """An exchange with so many answers."""
    encoded = command.encode([(command.COMMAND_FIELD, Field.C_FIND_RSP), (command.STATUS, 0xFF00)])
    with recorded(Kind.SEARCH, None, "A", NODE, kept=kept) as observer:
        assert isinstance(observer, Exchange)
        talk = observer.talk()
        for _ in range(answers):
            talk.received(3, encoded, True)
            talk.data_read(len(ROW), ROW)
    return kept.recent()[-1]


@pytest.fixture
def lanes(qapp: object) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.shutdown(5)


@pytest.fixture
def opened(qtbot: QtBot) -> Make:
    """Open the inspector of what is kept, at the newest."""

    def make(kept: Exchanges) -> InspectorWindow:
        window = InspectorWindow()
        qtbot.addWidget(window)
        window.watched.connect(lambda on: on and window.show_exchanges(kept.recent(), ""))
        window.open_at(None)
        return window

    return make


def texts(window: InspectorWindow, column: LineColumn) -> list[str]:
    lines = window.pages.lines
    return [lines.index(row, column).data() for row in range(lines.rowCount())]


def test_messages_statuses_and_decisions_are_listed(opened: Make) -> None:
    kept = Exchanges()
    ask(kept)
    window = opened(kept)
    assert texts(window, LineColumn.WHAT) == [
        "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "C-FIND-RQ", "C-FIND-RSP", "C-FIND-RSP",
        "Asked again in capitals", "A-RELEASE-RQ", "A-RELEASE-RP",
    ]  # fmt: skip
    assert texts(window, LineColumn.DIRECTION) == ["→", "←", "→", "←", "←", "", "→", "←"]
    assert texts(window, LineColumn.STATUS)[3:5] == ["0xFF00 pending", "0x0000 success"]
    assert "7 of 7 accepted" in texts(window, LineColumn.STATUS)
    assert "Search" in window.pages.head.text()
    window.pages.table.setCurrentIndex(window.pages.lines.index(0, 0))
    shown = window.pages.message.toPlainText()
    assert "Study Root Query/Retrieve Information Model - FIND: accepted" in shown
    assert "✓ Explicit VR Little Endian" in shown
    assert "Maximum PDU  16384" in shown


def test_patient_values_are_masked_until_they_are_asked_for(opened: Make, qtbot: QtBot) -> None:
    kept = Exchanges()
    ask(kept)
    window = opened(kept)
    window.pages.table.setCurrentIndex(window.pages.lines.index(3, 0))
    assert NAME not in window.pages.message.toPlainText()
    assert "CT" in window.pages.message.toPlainText()
    window.copy.click()
    assert NAME not in QGuiApplication.clipboard().text()
    window.pages.tabs.setCurrentWidget(window.pages.commands)
    assert NAME not in window.pages.commands.toPlainText()
    window.unmask.click()
    assert f"(0010,0010)={NAME}'" in window.pages.commands.toPlainText()
    window.pages.tabs.setCurrentIndex(0)
    assert NAME in window.pages.message.toPlainText()
    window.copy.click()
    assert NAME in QGuiApplication.clipboard().text()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    window.open_at(None)
    window.pages.table.setCurrentIndex(window.pages.lines.index(3, 0))
    assert NAME not in window.pages.message.toPlainText(), "it is not remembered"


def test_the_command_asks_the_same(opened: Make) -> None:
    kept = Exchanges()
    ask(kept)
    window = opened(kept)
    window.unmask.click()
    window.pages.tabs.setCurrentWidget(window.pages.commands)
    words = window.pages.commands.toPlainText()
    assert words.startswith("findscu -v -S -k '(0008,0052)=STUDY' ")
    assert words.endswith(" -aet WORKSTATION -aec PEER 127.0.0.1 104")


def test_bytes_say_that_they_cannot_be_masked(opened: Make) -> None:
    kept = Exchanges()
    ask(kept)
    window = opened(kept)
    window.pages.tabs.setCurrentWidget(window.pages.bytes)
    assert "No bytes were recorded" in window.pages.bytes.toPlainText()
    kept.record(True)
    exchange = ask(kept)
    window.show_exchanges(kept.recent(), "")
    window.open_at(exchange)
    window.pages.tabs.setCurrentWidget(window.pages.bytes)
    dump = window.pages.bytes.toPlainText()
    assert "cannot be masked" in dump
    assert "01 00 00 00" in dump


def test_a_refusal_tells_what_to_try(opened: Make) -> None:
    kept = Exchanges()
    with pytest.raises(OperationFailed), recorded(Kind.SEARCH, None, "A", NODE, kept=kept):
        raise OperationFailed(
            "A",
            "C-FIND",
            0xA900,
            "no such key",
            "it refuses",
            remedy="Leave it out.",
            elements=("(0010,0030) X",),
        )
    window = opened(kept)
    for words in ("0xA900", MASK, "it refuses", "(0010,0030) X", "Leave it out."):
        assert words in window.pages.head.text()
    assert "no such key" not in window.pages.text()  # an archive may say a name there
    window.unmask.click()
    assert "“no such key”" in window.pages.head.text()


def test_details_of_a_transfer_are_a_page(opened: Make) -> None:
    kept = Exchanges()
    exchange = ask(kept)
    window = opened(kept)
    details = Details(
        "A study",
        "It is partial.",
        report=(("1.2.3.4", "It did not come."),),
        command="getscu 1.2.3",
        uids=("1.2.3",),
        exchange=exchange,
    )
    window.open_at(exchange, details)
    assert window.panel is not None
    assert window.pages.tabs.currentWidget() is window.panel
    assert window.panel.command.toPlainText() == f"getscu {MASK}"
    assert window.panel.report.toPlainText() == f"{MASK}   It did not come."
    window.unmask.click()
    assert window.panel.command.toPlainText() == "getscu 1.2.3"
    assert "1.2.3.4" in window.panel.report.toPlainText()
    assert window.chosen is exchange
    window.open_at(None)
    assert window.pages.tabs.count() == 3


def test_what_goes_on_is_followed(opened: Make, qtmodeltester: QAbstractItemModelTester) -> None:
    kept = Exchanges()
    window = opened(kept)
    assert "Nothing was asked" in window.pages.head.text()
    with recorded(Kind.SEARCH, None, "A", NODE, kept=kept) as observer:
        assert isinstance(observer, Exchange)
        window.show_exchanges(kept.recent(), "")
        window.open_at(observer)
        talk = observer.talk()
        talk(Event(True, "A-RELEASE-RQ"))
        window.show_exchanges(kept.recent(), "")
        assert texts(window, LineColumn.WHAT) == ["Connection", "A-RELEASE-RQ"]
        assert "running" in window.pages.head.text()
        ask(kept)
        window.show_exchanges(kept.recent(), "")
        assert window.chosen is observer
    window.show_exchanges(kept.recent(), "")
    assert "done" in window.pages.head.text()
    qtmodeltester.check(window.model)  # type: ignore[attr-defined]
    qtmodeltester.check(window.pages.lines)  # type: ignore[attr-defined]


def test_only_rows_in_sight_are_read(opened: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Exchanges()
    for _ in range(5):
        many(kept, 2)
    large = many(kept, 20_000)
    read: list[TracedMessage] = []
    of = exchange_texts.command_of
    monkeypatch.setattr(exchange_texts, "command_of", lambda message: read.append(message) or of(message))
    window = opened(kept)
    assert window.chosen is large
    assert window.pages.lines.rowCount() == 20_001
    window.pages.table.scrollToBottom()
    window.pages.table.grab()
    assert 0 < len(read) < 1000


@pytest.mark.parametrize("masked", [True, False])
def test_a_saved_exchange_says_whether_it_is_masked(
    qtbot: QtBot, lanes: Lanes, tmp_path: Path, masked: bool
) -> None:
    kept = Exchanges()
    exchange = ask(kept)
    notices = Notices()
    inspector = Inspector(lanes=lanes, notices=notices, kept=kept)
    path = tmp_path / "exchange.json"
    with qtbot.waitSignal(notices.posted):
        inspector.save(path, exchange, masked)
    text = path.read_text("utf-8")
    found = json.loads(text)
    assert found["masked"] is masked
    assert (NAME in text) is not masked
    assert [one.get("status") for one in found["messages"]][:3] == [None, "0xFF00", "0x0000"]
    assert found["associations"][0]["contexts"][0]["result"] == "accepted"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("theme_kept")
@pytest.mark.parametrize(("width", "height"), [(720, 400), (1256, 672), (1280, 740)])
def test_messages_are_whole_in_any_window(width: int, height: int, opened: Make, qapp: QApplication) -> None:
    apply_theme(qapp, dark=True)
    kept = Exchanges()
    many(kept, 300)
    window = opened(kept)
    window.resize(width, height)
    QApplication.processEvents()
    pages = window.pages
    assert pages.table.horizontalScrollBar().maximum() == 0
    bar = pages.tabs.tabBar()
    assert bar.tabRect(bar.count() - 1).right() <= bar.width()
    assert pages.message.width() > 280
    assert pages.message.height() > 60
    alignment = pages.table.horizontalHeader().defaultAlignment()
    assert alignment & Qt.AlignmentFlag.AlignLeft
