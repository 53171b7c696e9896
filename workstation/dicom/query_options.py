"""What is negotiated for queries beyond the usual: extended negotiation of C-FIND (PS3.4 C.5.1.1)."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Options that are proposed to an archive, or that it agreed to. Each changes what a query means.

    Attributes:
        relational: Any key at any level; the unique keys of the levels above need not be named.
        combined_times: A range of dates and one of times are one range from moment to moment.
        fuzzy_names: Names match by what the archive holds for similar, in sound or spelling.
        time_zone: Dates and times are those of the time zone that is sent with the query.
    """

    relational: bool = False
    combined_times: bool = False
    fuzzy_names: bool = False
    time_zone: bool = False

    @property
    def information(self) -> bytes:
        """The service class application information, no longer than needed; empty: nothing is proposed."""
        return bytes(astuple(self)).rstrip(b"\0")

    @classmethod
    def of(cls, information: bytes) -> QueryOptions:
        """What service class application information says; bytes that are not there say no."""
        relational, combined_times, fuzzy_names, time_zone, *_ = (
            byte == 1 for byte in information.ljust(4, b"\0")
        )
        return cls(
            relational=relational,
            combined_times=combined_times,
            fuzzy_names=fuzzy_names,
            time_zone=time_zone,
        )
