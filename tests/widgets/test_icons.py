from __future__ import annotations

import gc

import pytest
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.resources import resource
from workstation.widgets.icons import NAMES, icon
from workstation.widgets.theme import DARK, LIGHT, Colours

OTHERS = {"workstation", "check-dark", "check-light", "down-dark", "down-light", "up-dark", "up-light"}


def palette(chosen: Colours) -> QPalette:
    made = QPalette()
    made.setColor(QPalette.ColorRole.Window, QColor(chosen.window))
    return made


def inks(drawn: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    """The colours of the fully covered pixels."""
    image = drawn.pixmap(48, 48, mode).toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    pixels = [image.pixelColor(x, y) for x, y in places]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_no_icon_is_forgotten() -> None:
    shipped = {path.stem for path in resource("icons/workstation.svg").parent.glob("*.svg")}
    assert shipped == set(NAMES) | OTHERS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("qapp")
def test_every_icon_is_drawn_in_the_one_colour_of_the_theme(name: str) -> None:
    for chosen in (DARK, LIGHT):
        drawn = icon(name, palette(chosen))
        assert inks(drawn) == {chosen.text}
        assert inks(drawn, QIcon.Mode.Disabled) == {chosen.off}
    assert inks(icon(name, palette(DARK), "#4a9eda")) == {"#4a9eda"}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_pictures_with_colours_of_their_own(qtbot: QtBot, name: str) -> None:
    assert not QIcon(str(resource(f"icons/{name}.svg"))).pixmap(24, 24).isNull()
    assert inks(QIcon(str(resource(f"icons/{name}.svg"))))
    assert QApplication.instance() is not None


def test_an_unknown_icon_is_a_bug() -> None:
    with pytest.raises(FileNotFoundError):
        icon("nothing", QPalette())


def test_an_icon_that_is_changed_is_drawn_still(qtbot: QtBot) -> None:
    changed = QIcon(icon("settings", palette(DARK)))
    changed.setIsMask(True)  # Qt copies what draws it
    gc.collect()
    assert inks(changed) == inks(icon("settings", palette(DARK)))
