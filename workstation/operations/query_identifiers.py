"""Make the identifiers of C-FIND and of retrieves, each level with its own keys (PS3.4 C.6.1.1, C.6.2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from workstation.dicom.answer_matching import date_key, time_key
from workstation.dicom.criteria import HOURS, Criteria
from workstation.dicom.levels import Level, Model
from workstation.dicom.other_keys import NUMBERS
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.targets import Target
from workstation.dicom.text import charset_for
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import BadInput
from workstation.operations.find_attributes import keywords

if TYPE_CHECKING:
    from pydicom import Dataset


def identifier(
    level: Level | None,
    values: Mapping[str, str],
    *,
    charset: str = "",
    full: bool = True,
    bare: bool = False,
    extra: Collection[str] = (),
) -> Dataset:
    """A C-FIND identifier.

    Args:
        level: Query/Retrieve Level; None: of a worklist, which has none, nor usual keys (PS3.4 K.6.1.2).
        values: Matching keys by keyword, or path (:mod:`workstation.dicom.other_keys`); an empty
            value is universal matching.
        charset: The node's preferred character set, used where the values need one.
        full: Ask for the optional keys too.
        bare: Ask for nothing but the values given.
        extra: Fields of a match to be asked for beside those of every query.
    """
    from pydicom import Dataset
    from pydicom.datadict import dictionary_VR
    from pydicom.dataelem import empty_value_for_VR

    found = Dataset()
    needed = charset_for(tuple(values.values()), charset)
    if needed or (full and not bare):
        found.SpecificCharacterSet = needed  # empty: some archives name theirs only if they are asked for it
    if level is not None:
        found.QueryRetrieveLevel = level.value
    if level is not None and not bare:
        for keyword in keywords(level, optional=full, extra=extra):
            setattr(found, keyword, empty_value_for_VR(dictionary_VR(keyword)))
    for keyword, value in values.items():
        _put(_inside(found, keyword), keyword.rpartition(".")[2], value)
    return found


def search_values(
    criteria: Criteria, keys: SearchKeys, modality: str, *, combined: bool = False
) -> dict[str, str]:
    """The matching keys of a STUDY-level search; one modality at a time: archives read lists differently.

    Args:
        criteria: What was typed.
        keys: The texts to ask for.
        modality: The modality to ask for; empty: any.
        combined: Combined date-time matching was agreed on, see :func:`asks_for_times`.
    """
    span = criteria.span
    one_day = span.first == span.last
    begin, end = span.begin if span.first else None, span.end if span.last else None
    others = dict(keys.others)
    if _is_over_days(criteria) and combined:
        others.pop(HOURS, None)
    values = patient_values(keys) | {
        "AccessionNumber": keys.accession,
        "StudyDate": date_key(span.first, span.last),
        "StudyTime": time_key(begin, end, combined=not one_day) if one_day or combined else "",
        "StudyDescription": keys.description,
        "ModalitiesInStudy": modality,
        **others,
    }
    return {keyword: value for keyword, value in values.items() if value}


def asks_for_times(criteria: Criteria, *, combined: bool) -> bool:
    """Whether :func:`search_values` asks for all the times that were typed; what it does not is checked here.

    A range of StudyTime holds for each day, unless combined date-time matching was agreed on: then it and
    that of StudyDate are one span from moment to moment (PS3.4 C.2.2.2.5). So of several days an archive is
    asked for the times of the span only with that, and for hours of each day only without: never for less
    than meant.
    """
    if not _is_over_days(criteria):
        return not (criteria.of_hours and criteria.span.timed)  # two ranges of one key
    return not criteria.of_hours if combined else not criteria.span.timed


def _is_over_days(criteria: Criteria) -> bool:
    """Whether the period has days, and not a single one."""
    return criteria.span.first != criteria.span.last


def utc_offset() -> str:
    """Timezone Offset From UTC (0008,0201) of this computer, now."""
    from datetime import datetime

    return f"{datetime.now().astimezone():%z}"[:5]


def patient_values(keys: SearchKeys) -> dict[str, str]:
    """The matching keys of a PATIENT-level search."""
    return {"PatientName": keys.name, "PatientID": keys.patient_id}


def expand_values(model: Model, study: str, series: str, patient_id: str) -> dict[str, str]:
    """The unique keys above the level asked for; Patient ID only under Patient Root.

    Raises:
        BadInput: A UID cannot be asked for.
    """
    for uid in filter(None, (study, series)):
        if not may_be_asked_for(uid):
            raise BadInput("UID", uid, "no archive can be asked for it.")
    values = {"StudyInstanceUID": study}
    if series:
        values["SeriesInstanceUID"] = series
    if model is Model.PATIENT:
        values = {"PatientID": patient_id} | values
    return values


def retrieve_identifier(target: Target, model: Model) -> Dataset:
    """The unique keys of what is to be retrieved, the whole hierarchy of them (PS3.4 C.4.2.2.1).

    Specific Character Set is in it only if the Patient ID needs one.
    """
    from pydicom import Dataset

    found = Dataset()
    found.QueryRetrieveLevel = target.level.value
    if model is not Model.STUDY:
        if needed := charset_for((target.patient_id,)):
            found.SpecificCharacterSet = needed
        found.PatientID = target.patient_id
    _put(found, "StudyInstanceUID", target.study)
    if target.series:
        _put(found, "SeriesInstanceUID", list(target.series))
    if target.instances:
        _put(found, "SOPInstanceUID", list(target.instances))
    return found


def _inside(data_set: Dataset, path: str) -> Dataset:
    """The data set that the last element of a path stands in: the first item of each sequence before it."""
    from pydicom import Dataset
    from pydicom.sequence import Sequence

    for keyword in path.split(".")[:-1]:
        if keyword not in data_set:
            setattr(data_set, keyword, Sequence([Dataset()]))
        data_set = data_set[keyword].value[0]
    return data_set


def _put(data_set: Dataset, keyword: str, value: str | list[str]) -> None:
    """Set a value as it is: an archive is asked for what it sent, valid or not."""
    from pydicom import DataElement, config
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    vr = "" if tag is None else dictionary_VR(tag).partition(" ")[0]
    if tag is not None and not (value and vr in NUMBERS):
        data_set[tag] = DataElement(tag, vr, value, validation_mode=config.IGNORE)
        return
    from workstation.dicom.query_keys import add_key

    assert isinstance(value, str)
    add_key(data_set, f"{keyword}={value}")
