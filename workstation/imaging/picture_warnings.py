"""Says what a person must know of a picture: what was wrong with it, and that information was lost."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.errors import UserMessage
from workstation.imaging.picture import Picture


@dataclass(frozen=True, slots=True)
class PictureWarning:
    """One line of a corner.

    Attributes:
        words: In short.
        reasons: All there is to say, in messages.
    """

    words: UserMessage
    reasons: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The words, then the reasons that they leave out: for whom no tool tip is shown."""
        return self.words, *(reason for reason in self.reasons if reason not in self.words.facts.values())


def picture_warnings(picture: Picture) -> list[PictureWarning]:
    """That something is missing, what is doubtful, and that its compression was lossy."""
    missing = tuple(mark.reason for mark in picture.marks if mark.incomplete)
    doubts = tuple(mark.reason for mark in picture.marks if not mark.incomplete)
    found = [PictureWarning(UserMessage("Incomplete image"), missing)] if missing else []
    if doubts:
        found.append(PictureWarning(UserMessage("Doubtful: {reason}", reason=doubts[0]), doubts))
    if picture.caption.lossy:
        found.append(PictureWarning(UserMessage("Lossy compression")))
    return found
