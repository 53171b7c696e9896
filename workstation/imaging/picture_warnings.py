"""Lists the warnings of a picture: incomplete, doubtful, lossy."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.errors import UserMessage
from workstation.imaging.picture import Picture


@dataclass(frozen=True, slots=True)
class PictureWarning:
    """One line in a corner of the picture.

    Attributes:
        words: In short.
        reasons: All there is to say, in messages.
    """

    words: UserMessage
    reasons: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The words, then the reasons they leave out, for output without tool tips."""
        return self.words, *(reason for reason in self.reasons if reason not in self.words.facts.values())


def picture_warnings(picture: Picture) -> list[PictureWarning]:
    """The warnings of ``picture``: incomplete, doubtful, lossy compression."""
    missing = tuple(mark.reason for mark in picture.marks if mark.incomplete)
    doubts = tuple(mark.reason for mark in picture.marks if not mark.incomplete)
    found = [PictureWarning(UserMessage("Incomplete image"), missing)] if missing else []
    if doubts:
        found.append(PictureWarning(UserMessage("Doubtful: {reason}", reason=doubts[0]), doubts))
    if picture.caption.lossy:
        found.append(PictureWarning(UserMessage("Lossy compression")))
    return found
