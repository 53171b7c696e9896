"""``workstation library``: list the studies of the library, or copy their files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import subcommand
from workstation.cli.label import mark_line, mark_object
from workstation.cli.output import printable
from workstation.dicom.study_mark import StudyMark, check_label, label_key
from workstation.errors import StoreError

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.dicom.matches import StudyMatch
    from workstation.dicom.outcomes import Failure
    from workstation.operations.local_copy import LocalCopy
    from workstation.store.library import Library
    from workstation.store.plans import Plans
    from workstation.store.study_marks import MarkedStudies

SUMMARY = "List the studies of the library, or copy their files to a folder"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``list`` and ``export``."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = subcommand(commands, "list", "List the studies, and how complete each is by its files", _list)
    listing.add_argument("--label", metavar="LABEL", help="only studies with this label, whatever its case")
    export = subcommand(commands, "export", "Copy the files of studies; nothing is written over", _export)
    export.add_argument("studies", nargs="+", metavar="STUDY", help="Study Instance UID")
    export.add_argument("folder", type=Path, metavar="DIR", help="made if it is not there")


def run(session: Session) -> int:
    """Not called: each subcommand sets its own function."""
    raise AssertionError(session.arguments.command)


def _list(session: Session) -> int:
    """Print a line for each study; works while a window has the library open."""
    from workstation.operations.local_copy import local_copy

    wanted = session.arguments.label
    every = _marks(session, needed=wanted is not None)
    with session.library(write=False) as library, session.plans_to_read() as plans:
        studies = [
            study for study in library.index.studies() if wanted is None or _has(wanted, study, every.marks)
        ]
        for study in studies:
            session.stop.check()
            copy = local_copy(library, plans, study.study_uid, anew=True)
            patient_id, unread = study.patient.patient_id, study.study_uid in every.unread
            facts = mark_object(every.marks.get(study.study_uid), patient_id, unread=unread)
            if session.output.json:
                session.output.value(_object(study, copy) | facts)
            else:
                line = "  ".join(filter(None, (_line(study, copy), mark_line(facts))))
                session.output.result(printable(line))
    session.output.remark(f"{len(studies)} stud{'y' if len(studies) == 1 else 'ies'}.")
    return 0


def _marks(session: Session, *, needed: bool) -> MarkedStudies:
    """What is noted of studies; where that is not ``needed`` and cannot be read, it is said, and left out."""
    from workstation.store.study_marks import MarkedStudies

    nothing = MarkedStudies({}, frozenset())
    if not session.folders.marks.exists():
        return nothing
    try:
        with session.marks() as marks:
            return marks.every()
    except StoreError as error:
        if needed:
            raise
        session.output.known_error(error)
        return nothing


def _has(label: str, study: StudyMatch, marks: Mapping[str, StudyMark]) -> bool:
    """Whether a study has a label, which was given to it as a study of this patient."""
    mark = marks.get(study.study_uid)
    key = label_key(check_label(label))
    return mark is not None and mark.is_of(study.patient.patient_id) and key in map(label_key, mark.labels)


def _object(study: StudyMatch, copy: LocalCopy) -> dict[str, object]:
    return {
        "study": study.study_uid,
        "patient_id": study.patient.patient_id,
        "patient": study.patient.name,
        "date": study.date,
        "description": study.description,
        "accession": study.accession,
        "modalities": list(study.modalities),
        "state": copy.whole.extent.value,
        "verified": copy.whole.verified,
        "expected": copy.whole.expected,
        "received": copy.whole.here,
        "missing": sorted(copy.whole.missing),
        "doubtful": copy.whole.doubtful,
    }


def _line(study: StudyMatch, copy: LocalCopy) -> str:
    whole = copy.whole
    amount = f"{whole.here}" if whole.total is None else f"{whole.here} of {whole.total}"
    facts = (
        study.study_uid, study.date, f"{study.patient.name} ({study.patient.patient_id})",
        ",".join(study.modalities), study.description,
        f"{amount}, {whole.extent.value}" + (f", {whole.doubtful} doubtful" if whole.doubtful else ""),
    )  # fmt: skip
    return "  ".join(fact or "-" for fact in facts)


def _export(session: Session) -> int:
    """Copy, and print the outcome."""
    from workstation.cli.outcome import report_outcome
    from workstation.operations.file_copies import copy_files
    from workstation.operations.local_copy import without
    from workstation.store.files import store_error

    folder: Path = session.arguments.folder
    with session.library(write=False) as library, session.plans_to_read() as plans:
        paths, failures = _files(library, plans, session.arguments.studies)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise store_error(folder, error) from error
        with session.output.progress("Copying") as report:
            outcome = copy_files(paths, folder, session.stop, report)
    return report_outcome(session.output, without(outcome, failures), "copied")


def _files(library: Library, plans: Plans, studies: list[str]) -> tuple[list[Path], list[Failure]]:
    """Return the files whose size is unchanged, and a failure for each object that cannot be copied."""
    from workstation.dicom.outcomes import Failure
    from workstation.dicom.targets import Target
    from workstation.errors import UserMessage
    from workstation.operations.local_copy import absent_from, local_copy

    paths: list[Path] = []
    failures: list[Failure] = []
    for study in dict.fromkeys(studies):
        rows = library.index.listed_of(study)
        if not rows:
            failures.append(Failure(study, None, UserMessage("This study is not in the library.")))
        for row in rows:
            path = library.root / row.path
            if path.is_file() and path.stat().st_size != row.size:
                reason = UserMessage("{name} is not as it was received.", name=path.name)
                failures.append(Failure(row.sop_uid, None, reason))
            else:
                paths.append(path)
        if rows:
            listed = {row.sop_uid for row in rows}
            failures += absent_from(local_copy(library, plans, study, anew=True), Target(study), listed)
    return paths, failures
