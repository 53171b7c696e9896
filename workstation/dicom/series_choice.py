"""Which series of a study the user wants, by modality and by words of the description."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workstation.dicom.text_folding import text_key

WITHOUT_IMAGES = ("SR", "PR", "KO", "SC")
"""Reports, presentation states, key object notes, secondary captures: what the preset leaves out."""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What an archive told of a series.

    Attributes:
        modality: Its code; empty: it was not told.
        images: How many; None: not told.
        here: Nothing of it is known to be missing here.
    """

    modality: str
    description: str
    images: int | None
    here: bool = False


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """What is wanted; at first all of it.

    Attributes:
        left_out: Codes of modalities that are not wanted; the empty one stands for those that were not told.
        words: Words that all have to stand in the description, in any case, with or without accents.
    """

    left_out: frozenset[str] = frozenset()
    words: str = ""

    def takes(self, series: SeriesFacts) -> bool:
        """Whether a series is wanted."""
        found = text_key(series.description)
        return series.modality not in self.left_out and all(
            word in found for word in text_key(self.words).split()
        )

    def with_modality(self, code: str, *, wanted: bool) -> SeriesChoice:
        """The same choice with this modality, or without it."""
        return self.with_modalities([code], wanted=wanted)

    def with_modalities(self, codes: Iterable[str], *, wanted: bool) -> SeriesChoice:
        """The same choice with these modalities, or without them."""
        left_out = self.left_out.difference(codes) if wanted else self.left_out.union(codes)
        return SeriesChoice(left_out, self.words)

    @property
    def without_images(self) -> bool:
        """Whether everything of :data:`WITHOUT_IMAGES` is left out."""
        return self.left_out.issuperset(WITHOUT_IMAGES)
