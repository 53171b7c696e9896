"""``workstation find --saved NAME``: make a saved search as the window does, and print the studies."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from workstation.cli.output import printable
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, Match, PatientMatch, StudyMatch
from workstation.dicom.saved_search import SavedSearch, find_saved
from workstation.errors import BadInput, ServiceRefused, UserMessage, WorkstationError
from workstation.settings.nodes import load_nodes
from workstation.settings.searches import load_searches

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.dicom.criteria import Criteria
    from workstation.operations.sources import Answers, Source

_OTHERS = (
    "words", "level", "model", "keys", "query", "extract", "cancel",
    "relational", "combined_times", "fuzzy_names", "time_zone",
)  # fmt: skip
"""Options that say what is searched for otherwise."""


def saved_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of saved searches."""
    options = parser.add_argument_group("saved searches of the window")
    which = options.add_mutually_exclusive_group()
    which.add_argument("--saved", metavar="NAME", help="make this search, in NODE or else its own sources")
    which.add_argument("--list-saved", action="store_true", help="list them")


def list_saved(session: Session) -> int:
    """Print a line for each saved search, in their order."""
    searches = load_searches(session.folders.searches)
    for search in searches:
        sources = None if search.sources is None else list(search.sources)
        if session.output.json:
            session.output.value(
                {
                    "name": search.name,
                    "search": search.line,
                    "level": search.level.value.lower(),
                    "sources": sources,
                    "at_start": search.at_start,
                }
            )
        else:
            where = "-" if sources is None else ", ".join(sources)
            session.output.result(printable(f"{search.name}  {search.line or '-'}  {where}"))
    session.output.remark(f"{len(searches)} saved search{'' if len(searches) == 1 else 'es'}.")
    return 0


def find_as_saved(session: Session) -> int:
    """Search all sources, one after the other; 1 where any did not tell of all it has.

    Raises:
        BadInput: There is no such search, or nowhere to make it.
    """
    _check_alone(session.arguments)
    search = _saved(session)
    criteria = search.criteria(datetime.now())
    keys, gone = _sources(session, search)
    for key in gone:
        session.output.error(f"{printable(key)} no longer exists; it is not asked.")
    total, whole = 0, not gone
    for key in keys:
        if key == LIBRARY and not session.library_root.exists():
            continue  # nothing was fetched yet
        try:
            with _source(session, key) as source:
                found, complete = _print(session, source, criteria, search.level)
        except WorkstationError as error:
            if len(keys) == 1:
                raise
            session.output.known_error(error)
            found, complete = 0, False
        total += found
        whole = whole and complete
    if session.output.json:
        session.output.value({"state": "complete" if whole else "partial", "answers": total})
    session.output.remark(f"{total} answer{'' if total == 1 else 's'}.")
    return 0 if whole else 1


def _check_alone(arguments: argparse.Namespace) -> None:
    for name in _OTHERS:
        if getattr(arguments, name):
            advice = "a saved search has its own criteria; leave out other keys and options of the query."
            raise BadInput("option with --saved", name.replace("_", "-"), advice)


def _saved(session: Session) -> SavedSearch:
    searches = load_searches(session.folders.searches)
    name: str = session.arguments.saved
    search = find_saved(searches, name)
    if search is None:
        known = ", ".join(one.name for one in searches)
        advice = UserMessage("one of {known}.", known=known) if known else "none is saved yet."
        raise BadInput("saved search", name, advice)
    return search


def _sources(session: Session, search: SavedSearch) -> tuple[list[str], list[str]]:
    """The sources to ask, and those that do not exist any more."""
    if session.arguments.node is not None:
        return [session.arguments.node], []
    if search.sources is None:
        raise BadInput("node", "", "the search is saved without its sources: write NODE before --saved.")
    there, gone = search.divided([*(node.name for node in load_nodes(session.folders.nodes)), LIBRARY])
    if not there:
        names = ", ".join(gone) or "none"
        raise BadInput("source of the search", names, "it does not exist; write NODE before --saved.")
    return there, gone


@contextmanager
def _source(session: Session, key: str) -> Iterator[Source]:
    """The source of a key as the window asks it."""
    from workstation.operations.sources import Archive, LocalLibrary

    if key == LIBRARY:
        with session.library(write=False) as library:
            yield LocalLibrary(library.index, load_nodes(session.folders.nodes))
        return
    yield Archive(
        session.node(key),
        session.quirks,
        limit=session.preferences.search_limit,
        by_date=session.arguments.split_by_date,
        observer=session.observer,
    )


def _print(session: Session, source: Source, criteria: Criteria, level: Level) -> tuple[int, bool]:
    """Print what a source answers; how much that is, and whether it is known to be all."""
    if level is Level.PATIENT:
        try:
            return _drain(session, source.key, source.patients(criteria, session.stop))
        except ServiceRefused:  # it offers no Patient Root: its studies name the patients
            pass
    return _drain(session, source.key, source.search(criteria, session.stop))


def _drain(
    session: Session, key: str, answers: Answers[StudyMatch] | Answers[PatientMatch]
) -> tuple[int, bool]:
    output, total = session.output, 0
    for match in answers:
        if output.json:
            output.value(_object(match))
        else:
            output.result(printable(_line(match)))
        total += 1
    label = printable(key)
    if set_aside := len(answers.mismatches):
        output.remark(f"{label}: {set_aside} more did not look like what was asked for.")
    for path, count in sorted(answers.untold.items()):
        output.remark(f"{label}: {path} could not be checked for {count}.")
    if answers.split is not None:
        (output.remark if answers.split.whole else output.error)(answers.split.verdict)
        return total, answers.split.whole
    if answers.incomplete or answers.limited is not None:
        output.error(f"{label} may have more than these. Try --split-by-date.")
        return total, False
    return total, True


def _object(match: Match) -> dict[str, object]:
    patient = match.patient if isinstance(match, StudyMatch) else match
    assert isinstance(patient, PatientMatch)
    found: dict[str, object] = {
        "source": match.source,
        "patient_id": patient.patient_id,
        "patient": patient.name,
        "birth_date": patient.birth_date,
    }
    if isinstance(match, StudyMatch):
        found |= {
            "study": match.study_uid,
            "date": match.date,
            "time": match.time,
            "description": match.description,
            "accession": match.accession,
            "modalities": list(match.modalities),
        }
    return found


def _line(match: Match) -> str:
    found = _object(match)
    names = ("study", "date", "time", "patient", "patient_id", "modalities", "description", "source")
    facts = (found[name] for name in names if name in found)
    return "  ".join((",".join(fact) if isinstance(fact, list) else str(fact)) or "-" for fact in facts)
