"""Computes which side of a picture is which side of the patient (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HUMAN = (("R", "L"), ("A", "P"), ("F", "H"))
"""Ends of the axes x, y, z of the patient, the negative one first."""
QUADRUPED = (("RT", "LE"), ("V", "D"), ("CD", "CR"))
_OPPOSITES = {one: other for pair in HUMAN for one, other in (pair, pair[::-1])}
_SIGNIFICANT = 0.2
"""An axis that takes less of a direction (11.5 degrees) is not named."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The direction of the patient at each side of the picture; empty where unknown."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def sides(
    orientation: Sequence[float], patient_orientation: Sequence[str] = (), *, quadruped: bool = False
) -> Sides:
    """The letters of a picture.

    Args:
        orientation: Image Orientation (Patient): direction cosines of a row, then of a column.
        patient_orientation: Patient Orientation, used where there are no cosines: towards the right, then
            towards the bottom.
        quadruped: Anatomical Orientation Type (0010,2210) says so; words of Patient Orientation then pass
            through, and what is opposite to them is not guessed.
    """
    axes = QUADRUPED if quadruped else HUMAN
    if len(orientation) == 6:
        row, column = orientation[:3], orientation[3:]
        right, bottom = _towards(row, axes), _towards(column, axes)
        if right and bottom:
            return Sides(
                _towards([-c for c in row], axes), right, _towards([-c for c in column], axes), bottom
            )
        return Sides()
    if len(patient_orientation) != 2:
        return Sides()
    right, bottom = (word.strip().upper()[:8] for word in patient_orientation)
    if quadruped:
        return Sides("", right, "", bottom)
    return Sides(_opposite(right), right, _opposite(bottom), bottom)


def location(orientation: Sequence[float], distance: float, *, quadruped: bool = False) -> str:
    """Where along its normal a picture lies: towards which end of the patient, and how many millimetres.

    Args:
        orientation: Six direction cosines.
        distance: Millimetres along the normal from the origin.
        quadruped: Name the ends as for animals.
    """
    normal = normal_of(orientation)
    if normal is None:
        return ""
    axis = max(range(3), key=lambda n: abs(normal[n]))
    letter = (QUADRUPED if quadruped else HUMAN)[axis][distance * normal[axis] > 0]
    return f"{letter} {abs(distance):.1f} mm"


def distance_along_normal(
    position: Sequence[float] | None, orientation: Sequence[float] | None
) -> float | None:
    """Millimetres along the normal of a picture, from its position and direction cosines; None: unknown."""
    normal = normal_of(orientation)
    if normal is None or position is None or len(position) != 3:
        return None
    (right, back, up), (x, y, z) = normal, position
    return right * x + back * y + up * z


def normal_of(orientation: Sequence[float] | None) -> tuple[float, float, float] | None:
    """The direction a picture looks in, from its direction cosines."""
    if orientation is None or len(orientation) != 6:
        return None
    a, b, c, d, e, f = orientation
    return b * f - c * e, c * d - a * f, a * e - b * d


def _towards(direction: Sequence[float], axes: Sequence[tuple[str, str]]) -> str:
    """One to three letters, the axis that takes most of the direction first."""
    length = math.hypot(*direction)
    if not math.isfinite(length) or length < 0.5:
        return ""
    parts = sorted(zip(direction, axes, strict=True), key=lambda part: -abs(part[0]))
    return "".join(
        names[component > 0] for component, names in parts if abs(component) / length > _SIGNIFICANT
    )


def _opposite(word: str) -> str:
    """The other way, letter by letter; nothing if one of them has none."""
    turned = [_OPPOSITES.get(letter, "") for letter in word]
    return "".join(turned) if all(turned) else ""
