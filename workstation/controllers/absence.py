"""Say why there is no picture of the row on show."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.controllers.known_series import KnownSeries
from workstation.controllers.row_pictures import sample_words
from workstation.models.rows import Row
from workstation.models.translation import translate, translated


@dataclass(slots=True)
class Absence:
    """What is known of that.

    Attributes:
        expected: The row is being fetched.
        asking: An archive is being asked for one image of each series.
        unanswered: Why it could not be asked; empty: it could, or was not.
        obstacle: Why the row cannot be fetched; empty: it can.
    """

    expected: bool = False
    asking: bool = False
    unanswered: str = ""
    obstacle: str = ""

    @classmethod
    def of(cls, row: Row | None) -> Absence:
        """Return what is known of a row nothing was done with yet."""
        obstacle = row is not None and not row.may_be_asked_for
        return cls(obstacle=translated(row.fault) if row is not None and obstacle else "")

    def words(self, known: KnownSeries) -> str:
        """Say what the user waits for, else why nothing came, else what to do."""
        if self.asking:
            return translate("Asking for one image of each series…")
        if self.expected:
            return translate("Waiting for the first image…")
        why = (sample_words(one.sample) for one in known if one.sample and one.sample.why)
        return (
            self.obstacle
            or self.unanswered
            or next(why, "")
            or translate(
                "Not here yet. Double-click to fetch, or press Space to look at one image of each series."
            )
        )
