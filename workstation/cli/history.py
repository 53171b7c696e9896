"""``workstation history``: list the studies of one patient in several nodes, and who is perhaps the same."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from workstation.cli.arguments import connection_options
from workstation.cli.output import printable
from workstation.dicom import display
from workstation.dicom.value_readers import read_date
from workstation.errors import BadInput, WorkstationError

if TYPE_CHECKING:
    from workstation.cli.output import Output
    from workstation.cli.session import Session
    from workstation.dicom.history_question import History, HistoryQuestion, HistoryStudy

SUMMARY = "List the studies of one patient in several nodes, and those of who is perhaps the same"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``history``."""
    parser.add_argument("nodes", nargs="+", metavar="NODE", help="configured names, or AET@host:port")
    connection_options(parser)
    options = parser.add_argument_group("the patient")
    options.add_argument("--patient", default="", metavar="ID", help="Patient ID, without wildcards")
    options.add_argument("--issuer", default="", metavar="NAME", help="Issuer of Patient ID")
    options.add_argument("--name", default="", metavar="NAME", help="the whole name, as Family^Given")
    options.add_argument("--birth-date", default="", metavar="YYYYMMDD", help="the full birth date")
    options.add_argument("--sex", default="", choices=("F", "M", "O"), help="F, M or O")


def run(session: Session) -> int:
    """Ask one node after the other; those that fail are named, and the others asked all the same."""
    from workstation.operations.patient_history import find_history
    from workstation.operations.sources import Archive

    output, question = session.output, _question(session.arguments)
    nodes = [session.node(name) for name in session.arguments.nodes]
    whole, total, unsure, answered = True, 0, 0, 0
    for node in nodes:
        try:
            archive = Archive(node, session.quirks, observer=session.observer)
            found = find_history(archive, question, session.stop)
        except WorkstationError as error:
            output.known_error(error)
            whole = False
            continue
        for one in sorted(found.studies, key=_newest_first, reverse=True):
            _print(output, one, node.label)
        answered, total = answered + 1, total + len(found.studies)
        unsure += sum(bool(one.differences) for one in found.studies)
        whole = _explain(output, node.label, found) and whole
    if output.json and answered:
        output.value({"state": "complete" if whole else "partial", "studies": total})
    if answered:
        of_them = f", {unsure} of them perhaps of the same patient" if unsure else ""
        output.remark(f"{display.counted(total, '1 study', '{n} studies')}{of_them}.")
    return 0 if whole else 1


def _question(arguments: argparse.Namespace) -> HistoryQuestion:
    """What is asked for.

    Raises:
        BadInput: The birth date is none, or too little is given to look for anybody.
    """
    from workstation.dicom.history_question import HistoryQuestion, Shared
    from workstation.dicom.matches import PatientMatch

    born = read_date(arguments.birth_date)
    if arguments.birth_date and not born:
        raise BadInput("birth date", arguments.birth_date, "write it as YYYYMMDD.")
    patient = PatientMatch(
        source="",
        patient_id=arguments.patient.strip(),  # blanks around it mean nothing (PS3.5 6.2)
        issuer=arguments.issuer.strip(),
        name=arguments.name.strip(),
        birth_date=born,
        sex=arguments.sex,
    )
    question = HistoryQuestion(shared=Shared.PATIENT, patients=(patient,))
    if not question.answerable:
        raise BadInput("patient", "", "give --patient ID, or --name Family^Given and --birth-date YYYYMMDD.")
    return question


def _newest_first(one: HistoryStudy) -> tuple[str, str]:
    return one.match.date, one.match.time


def _print(output: Output, one: HistoryStudy, label: str) -> None:
    match, patient = one.match, one.match.patient
    if output.json:
        output.value(
            {
                "agreement": one.agreement.value,
                "differences": list(one.differences),
                "source": label,
                "study_instance_uid": match.study_uid,
                "date": match.date,
                "modalities": list(match.modalities),
                "description": match.description,
                "instances": match.instances,
                "patient_id": patient.patient_id,
                "issuer_of_patient_id": patient.issuer,
                "patient_name": patient.name,
                "birth_date": patient.birth_date,
            }
        )
        return
    images = "1 image" if match.instances == 1 else f"{display.count(match.instances)} images"
    unsure = f"perhaps the same patient ({'; '.join(one.differences)})" if one.differences else "same patient"
    parts = (
        *(display.day(match.date), " ".join(match.modalities), display.plain(match.description)),
        *(images, label, match.study_uid, unsure),
    )
    output.result("  ".join(printable(part) for part in parts if part))


def _explain(output: Output, label: str, found: History) -> bool:
    """Print what was left out, and whether these are all; whether they are."""
    if found.left_out:
        answers = display.counted(found.left_out, "1 answer", "{n} answers")
        output.remark(f"{label}: {answers} about other patients left out.")
    if found.incomplete:
        output.error(f"{label} did not send all answers.")
    elif found.limited is not None:
        output.error(f"Perhaps not all: {label} answered exactly {found.limited}.")
    return not found.incomplete and found.limited is None
