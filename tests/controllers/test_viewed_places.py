"""What was on show last is remembered by study and series, and not for ever."""

from __future__ import annotations

from workstation.controllers import viewed_places
from workstation.controllers.viewed_places import ViewedPlaces


def test_the_last_series_and_picture() -> None:
    places = ViewedPlaces()
    assert (places.series("1"), places.picture("1.1")) == ("", None)
    places.keep("1", "1.1", ("a", 0))
    places.keep("1", "1.2", ("b", 3))
    assert places.series("1") == "1.2"
    assert (places.picture("1.1"), places.picture("1.2")) == (("a", 0), ("b", 3))


def test_what_was_looked_at_longest_ago_is_forgotten() -> None:
    places = ViewedPlaces()
    for number in range(viewed_places._LIMIT):
        places.keep(f"1.{number}", f"2.{number}", ("a", number))
    places.keep("1.0", "2.0", ("a", 0))
    places.keep("1.9999", "2.9999", ("a", 1))
    assert places.series("1.0") == "2.0"
    assert places.series("1.1") == ""
    assert places.picture("2.1") is None
