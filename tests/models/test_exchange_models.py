"""The list of an exchange's messages goes on where it was when the data set of one arrives."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from workstation.models.exchange_models import LineColumn, LinesModel
from workstation.network.exchange import Exchange, Kind
from workstation.network.exchanges import Exchanges, recorded


def test_the_size_of_a_data_set_appears_when_it_is_here(qtbot: QtBot) -> None:
    model = LinesModel()
    resets: list[None] = []
    changed: list[tuple[int, int]] = []

    def note(first: QModelIndex, last: QModelIndex) -> None:
        changed.append((first.row(), last.row()))

    model.modelReset.connect(lambda: resets.append(None))
    model.dataChanged.connect(note)
    with recorded(Kind.RETRIEVE, None, "A", kept=Exchanges()) as observer:
        assert isinstance(observer, Exchange)
        model.show(observer)
        talk = observer.talk()
        talk.received(3, b"", True)
        resets.clear()
        assert model.refresh()
        last = model.rowCount() - 1
        assert last == 1  # behind the beginning of the association
        assert model.data(model.index(last, LineColumn.SIZE)) == ""
        talk.data_read(2048)
        assert model.refresh()
        assert (model.rowCount(), changed[-1]) == (last + 1, (0, last))
        assert model.data(model.index(last, LineColumn.SIZE)) != ""
        assert not model.refresh()
        talk.sent(3, b"", 0, None)
        assert model.refresh()
        assert model.rowCount() == last + 2
        assert resets == []
        talk.drop()
        talk.sent(3, b"", 0, None)
        assert model.refresh()
        assert (model.rowCount(), len(resets)) == (2, 1)
