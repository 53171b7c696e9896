from __future__ import annotations

import pytest

from workstation.dicom.series_choice import WITHOUT_IMAGES, SeriesChoice, SeriesFacts

THORAX = SeriesFacts("CT", "Thorax 1.0 Lunge É", 300)


@pytest.mark.parametrize(
    ("choice", "series", "taken"),
    [
        (SeriesChoice(), THORAX, True),
        (SeriesChoice(), SeriesFacts("", "", None), True),
        (SeriesChoice(frozenset(["CT"])), THORAX, False),
        (SeriesChoice(frozenset(["MR"])), THORAX, True),
        (SeriesChoice(frozenset(WITHOUT_IMAGES)), SeriesFacts("SR", "Dose", 1), False),
        (SeriesChoice(frozenset(WITHOUT_IMAGES)), SeriesFacts("", "Dose", 1), True),
        (SeriesChoice(frozenset([""])), SeriesFacts("", "Dose", 1), False),
        (SeriesChoice(words="LUNGE e"), THORAX, True),
        (SeriesChoice(words="lunge thorax"), THORAX, True),
        (SeriesChoice(words="lunge abdomen"), THORAX, False),
        (SeriesChoice(words="lunge"), SeriesFacts("CT", "", 3), False),
    ],
)
def test_what_is_taken(choice: SeriesChoice, series: SeriesFacts, taken: bool) -> None:
    assert choice.takes(series) is taken


def test_the_preset_is_a_set_of_modalities() -> None:
    without = SeriesChoice(words="x").with_modalities(WITHOUT_IMAGES, wanted=False)
    assert without.without_images
    assert not without.with_modality("PR", wanted=True).without_images
    assert without.with_modalities(WITHOUT_IMAGES, wanted=True) == SeriesChoice(words="x")
