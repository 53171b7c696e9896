"""Values that name what is to be retrieved (PS3.4 C.4.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.dicom.levels import Level
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import BadInput


@dataclass(frozen=True, slots=True)
class Target:
    """Entities of one study, with the whole hierarchy of UIDs above them (PS3.4 C.4.2.2.1).

    A UID is one that :func:`may_be_asked_for`: an archive may hold something under a value that is none.

    Attributes:
        study: Study Instance UID.
        series: Series Instance UIDs; empty: the whole study. Exactly one when ``instances`` is given.
        instances: SOP Instance UIDs within that series; empty: the whole series.
        patient_id: Patient ID as the node sent it; needed under Patient Root.
        modalities: What it is known to hold, if anything: a hint for what to negotiate.
    """

    study: str
    series: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    patient_id: str = ""
    modalities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for uid in (self.study, *self.series, *self.instances):
            if not may_be_asked_for(uid):
                raise BadInput("UID", uid, "digits and single dots, at most 64 characters.")
        if self.instances and len(self.series) != 1:
            raise BadInput("target", self.study, "instances need the one series they belong to.")

    def covers(self, series: str, instance: str) -> bool:
        """Whether an instance of this study belongs to the target."""
        if self.instances:
            return instance in self.instances
        return not self.series or series in self.series

    @property
    def uids(self) -> tuple[str, ...]:
        """All UIDs it names."""
        return (self.study, *self.series, *self.instances)

    @property
    def level(self) -> Level:
        """The query/retrieve level that names these entities."""
        if self.instances:
            return Level.IMAGE
        return Level.SERIES if self.series else Level.STUDY


@dataclass(frozen=True, slots=True)
class About:
    """What the user knows a study by, as the archive answered; empty where it did not.

    Attributes:
        patient: Patient's name, all component groups.
        study: Study description.
        date: Study date, eight digits.
    """

    patient: str = ""
    study: str = ""
    date: str = ""


UNTOLD = About()
