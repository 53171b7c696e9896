"""When, and how fast, something may be fetched in the background."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.dicom.hours import Hours
from workstation.dicom.rate_limit import RateLimit


@dataclass(frozen=True, slots=True)
class Background:
    """Fetch when nothing else is fetched from the archive.

    Attributes:
        hours: Only in these hours of the day; None: at any time.
        limit: Not faster than this; None: as fast as the archive's own limit allows.
    """

    hours: Hours | None = None
    limit: RateLimit | None = None

    def may_run(self, minute: int) -> bool:
        """Whether a minute of the day is one in which it may be fetched."""
        return self.hours is None or self.hours.include(minute)
