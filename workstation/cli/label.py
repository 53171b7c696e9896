"""``workstation label``: show or change labels, note, pin and unread state of studies, on this computer."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from workstation.cli.output import printable
from workstation.dicom.study_mark import MarkChange, StudyMark, check_label, check_note
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import BadInput, StoreError, WorkstationError

if TYPE_CHECKING:
    from workstation.cli.session import Session

SUMMARY = "Show or change labels, note and pin of studies; they are kept on this computer only"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the studies, and what is to be changed of them."""
    parser.add_argument(
        "studies", nargs="*", metavar="STUDY", help="Study Instance UID; without one, all marks are listed"
    )
    parser.add_argument("--add", action="append", default=[], metavar="LABEL", help="add a label; repeatable")
    parser.add_argument("--remove", action="append", default=[], metavar="LABEL", help="remove a label")
    parser.add_argument("--note", metavar="TEXT", help="the note, in place of the one there is; '' for none")
    pin, read = parser.add_mutually_exclusive_group(), parser.add_mutually_exclusive_group()
    pin.add_argument("--pin", dest="pinned", action="store_true", default=None, help="pin the studies")
    pin.add_argument("--unpin", dest="pinned", action="store_false", help="unpin them")
    read.add_argument("--unread", dest="unread", action="store_true", default=None, help="mark as unread")
    read.add_argument("--read", dest="unread", action="store_false", help="mark as read")
    parser.add_argument(
        "--patient-id",
        metavar="ID",
        help="of the patient whose studies they are; needed where the library does not have them",
    )


def run(session: Session) -> int:
    """Change the studies one by one, and print each as it is then; without any, print all that are marked."""
    arguments = session.arguments
    add = tuple(map(check_label, arguments.add))
    remove = tuple(map(check_label, arguments.remove))
    note = None if arguments.note is None else check_note(arguments.note)
    studies = tuple(dict.fromkeys(arguments.studies))
    for study in studies:
        if not may_be_asked_for(study):
            raise BadInput("Study Instance UID", study, "digits and single dots.")
    if not studies:
        if add or remove or (note, arguments.pinned, arguments.unread) != (None, None, None):
            raise BadInput("Study Instance UID", "", "name the studies that are to be changed.")
        with session.marks() as marks:
            known = marks.every().marks
        _print(session, {study: known[study].patient_id for study in sorted(known)})
        return 0
    failed = False
    with session.marks() as marks:
        known = marks.every().marks
        patient_ids = _patient_ids(session, studies, known)
        for study, patient_id in patient_ids.items():
            before = known.get(study)
            change = MarkChange(
                add=add,
                remove=remove,
                note=note,
                replaced="" if before is None else before.note,
                pinned=arguments.pinned,
            )
            try:
                if change != MarkChange(replaced=change.replaced):
                    marks.change({study: patient_id}, change)
                if arguments.unread is not None:
                    marks.set_unread([study], unread=arguments.unread)
                marks.write()
            except StoreError:
                raise
            except WorkstationError as error:
                session.output.error(f"{study}: {printable(str(error))}")
                failed = True
        _print(session, patient_ids)
    return int(failed)


def _patient_ids(
    session: Session, studies: tuple[str, ...], known: Mapping[str, StudyMark]
) -> dict[str, str]:
    """The Patient ID of each study: as given, else as the library has it, else that of its mark.

    Raises:
        BadInput: One is not known.
    """
    given: str | None = session.arguments.patient_id
    if given is not None:
        return dict.fromkeys(studies, given.strip())
    found: dict[str, str] = {}
    with ExitStack() as opened:
        try:
            library = opened.enter_context(session.library(write=False))
        except StoreError:
            library = None  # there may be none yet
        for study in studies:
            patient = None if library is None else library.index.patient(study)
            if patient is not None:
                found[study] = patient.patient_id
            elif study in known:
                found[study] = known[study].patient_id
            else:
                advice = f"the library does not have {study}; name its patient by --patient-id."
                raise BadInput("patient ID", "", advice)
    return found


def _print(session: Session, patient_ids: Mapping[str, str]) -> None:
    """Print the marks of the studies; those that were made for another Patient ID are only told of."""
    with session.marks() as marks:
        every = marks.every()
    for study, patient_id in patient_ids.items():
        facts = mark_object(every.marks.get(study), patient_id, unread=study in every.unread)
        if session.output.json:
            session.output.value({"study": study, "patient_id": patient_id} | facts)
        else:
            session.output.result(printable(f"{study}  {mark_line(facts) or '-'}"))


def mark_object(mark: StudyMark | None, patient_id: str, *, unread: bool) -> dict[str, object]:
    """What is noted of a study of this Patient ID, as JSON."""
    own = mark if mark is not None and mark.is_of(patient_id) else StudyMark()
    return {
        "labels": list(own.labels),
        "note": own.note,
        "pinned": own.pinned,
        "unread": unread,
        "marked_for_another_patient_id": mark is not None and own is not mark,
    }


def mark_line(facts: Mapping[str, object]) -> str:
    """The same in a line; empty: nothing is noted."""
    labels, note = facts["labels"], str(facts["note"])
    assert isinstance(labels, list)
    other = "marked for another patient ID" if facts["marked_for_another_patient_id"] else ""
    states = [name for name in ("pinned", "unread") if facts[name]]
    listed = f"[{'; '.join(labels)}]" if labels else ""
    parts = (", ".join(filter(None, [*states, other])), listed, " / ".join(note.split("\n")))
    return "  ".join(filter(None, parts))
