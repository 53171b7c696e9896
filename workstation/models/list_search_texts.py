"""Write what was found of an entry of a list, and how a list was read, in the words of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workstation.dicom import display
from workstation.dicom.list_entries import ListEntries
from workstation.dicom.list_results import Check, EntryResult, EntryState
from workstation.dicom.matches import LIBRARY
from workstation.dicom.pasted_list import ColumnUse
from workstation.models.translation import translate, translated

_BETWEEN: Final = "  ·  "


def use_words(use: ColumnUse | None) -> str:
    """What a column is; None: nobody has said so."""
    words = {
        None: translate("Choose what it is"),
        ColumnUse.IGNORED: translate("Ignore"),
        ColumnUse.STUDY_UID: translate("Study UID"),
        ColumnUse.ACCESSION: translate("Accession number"),
        ColumnUse.PATIENT_ID: translate("Patient ID"),
        ColumnUse.BIRTH_DATE: translate("Birth date, to compare"),
        ColumnUse.NAME: translate("Name, to compare"),
    }
    return words[use]


def source_name(key: str) -> str:
    """What a source is called."""
    return translate("Library") if key == LIBRARY else display.isolated(display.plain(key))


def state_words(state: EntryState) -> str:
    """A state, where entries are counted by it."""
    words = {
        EntryState.ONE: translate("one"),
        EntryState.SEVERAL: translate("several"),
        EntryState.NOT_FOUND: translate("not found"),
        EntryState.OTHERS: translate("answered others"),
        EntryState.FAILED: translate("failed"),
        EntryState.INVALID: translate("cannot be asked for"),
        EntryState.NOT_ASKED: translate("not asked yet"),
    }
    return words[state]


def found_words(result: EntryResult, *, by_patient: bool) -> str:
    """What was found of an entry."""
    reason = translated(result.reason)
    if result.state is EntryState.ONE:
        studies = display.counted(len(result.studies), translate("1 study"), translate("{n} studies"))
        return translate("1 patient, {studies}", studies=studies) if by_patient else translate("1 study")
    if result.state is EntryState.SEVERAL:
        words = translate("{n} studies", n=len(result.studies))
        return f"{words}, {reason}" if reason else words
    if result.state is EntryState.NOT_FOUND:
        return translate("Not found")
    if result.state is EntryState.OTHERS:
        return translate("Not found: {reason}", reason=reason)
    if result.state is EntryState.FAILED:
        return translate("Failed: {reason}", reason=reason)
    if result.state is EntryState.INVALID:
        return translate("Not asked for: {reason}", reason=reason)
    return translate("Not asked yet")


def check_words(result: EntryResult) -> str:
    """Whether what the list says besides agrees; empty where it does."""
    if not result.studies or result.check in (Check.NOTHING, Check.AGREES):
        return ""
    if result.check is Check.UNKNOWN:
        return translate("cannot be compared with the list")
    names = {
        ColumnUse.BIRTH_DATE: translate("birth date"),
        ColumnUse.NAME: translate("name"),
        ColumnUse.PATIENT_ID: translate("patient ID"),
        ColumnUse.ACCESSION: translate("accession number"),
    }
    return translate("{what} differs from the list", what=", ".join(names[use] for use in result.differing))


def counts_words(counts: Mapping[EntryState, int]) -> str:
    """How many entries are of which state."""
    return _BETWEEN.join(f"{counts[state]} {state_words(state)}" for state in EntryState if counts.get(state))


def list_words(entries: ListEntries) -> str:
    """How many entries a list has, and what was left out."""
    n = len(entries.entries)
    parts = [translate("1 entry") if n == 1 else translate("{n} entries", n=n)]
    for count, one, many in (
        (entries.duplicates, translate("1 repeated"), translate("{n} repeated")),
        (entries.empty, translate("1 line without an entry"), translate("{n} lines without an entry")),
        (entries.faulty, translate("1 cannot be asked for"), translate("{n} cannot be asked for")),
    ):
        if count:
            parts.append(one if count == 1 else many.format(n=count))
    return _BETWEEN.join(parts)
