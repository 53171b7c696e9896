"""Checks a node by C-ECHO, and puts the answer into words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.dicom.nodes import Node, RetrieveMethod, Secret, WorklistOffer
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.translation import translate
from workstation.operations.held_associations import HeldAssociations, making_room
from workstation.operations.node_check import Check, check
from workstation.operations.node_quirks import NodeQuirks
from workstation.settings import passcodes


class Echo(QObject):
    """Asks one node at a time; a new question drops the old one.

    Signals:
        answered: Messages, details for a developer, and whether all is well.
    """

    answered = Signal(str, str, bool)

    def __init__(
        self,
        lanes: Lanes,
        notices: Notices,
        held: HeldAssociations | None = None,
        quirks: NodeQuirks | None = None,
    ) -> None:
        """``quirks`` learn from the answers whether a node offers a worklist."""
        super().__init__()
        self._quirks = quirks
        self._held = held
        self._lanes = lanes
        self._notices = notices
        self._job = CurrentJob()
        self._numbers = count(1)

    def ask(self, node: Node) -> None:
        """Ask ``node``, in a lane of its own: it need not wait for a search, nor for a dropped question."""
        self._job.drop(at_once=True)

        def work(run: Run) -> Check:
            with making_room(self._held, node):
                return check(_unlocked(node), run.stop, quirks=self._quirks)

        job = self._lanes.submit(
            Lane.ECHO, f"echo to {node.label}", work, key=next(self._numbers), report=Report.NONE
        )
        self._job.replace(job, ended=partial(self._ended, node))

    def cancel(self) -> None:
        """Drop the question: its answer is no longer needed."""
        self._job.drop(at_once=True)

    def _ended(self, node: Node, ended: Ended) -> None:
        if isinstance(ended.result, Check):
            self.answered.emit(*_words(node, ended.result))
        elif ended.ending is not Ending.CANCELLED:
            detail = "" if ended.error is None else details(ended)
            self.answered.emit(self._notices.why(ended), detail, False)


def details(ended: Ended) -> str:
    """What a developer needs to know of an error: its class, its facts, its codes."""
    error = ended.error
    if error is None:
        return ""
    facts = ", ".join(f"{name} {value}" for name, value in error.facts.items() if name != "node")
    line = f"{type(error).__name__}: {facts}"
    return line if error.detail in line else f"{line}\n{error.detail}"


def _unlocked(node: Node) -> Node:
    identity = node.identity
    if identity is None or identity.secret is not Secret.KEPT or identity.passcode is not None:
        return node
    return replace(
        node, identity=replace(identity, passcode=passcodes.load_passcode(node.name, identity.user))
    )


def _words(node: Node, found: Check) -> tuple[str, str, bool]:
    finds = {name.removesuffix(" C-FIND") for name in found.services if name.endswith(" C-FIND")}
    gets = any(name.endswith(" C-GET") for name in found.services)
    moves = any(name.endswith(" C-MOVE") for name in found.services)
    longest = translate("{n} bytes", n=f"{found.max_pdu:,}") if found.max_pdu else translate("any length")
    first = translate(
        "{node} answers in {ms:.0f} ms and takes PDUs of {longest}.",
        node=node.label,
        ms=max(1, found.seconds * 1000),
        longest=longest,
    )
    fetching = _fetching(node, gets=gets, moves=moves)
    searches, worklist = bool(finds & {"Study Root", "Patient Root"}), "Modality Worklist" in finds
    good = searches and (
        gets
        if node.retrieve is RetrieveMethod.GET
        else moves
        if node.retrieve is RetrieveMethod.MOVE
        else gets or moves
    )
    lines = [first, _searching(finds), fetching]
    if node.worklist is WorklistOffer.YES:
        good = worklist and (good or not searches)  # it may be here for nothing else
    if worklist and searches:
        lines.append(translate("It offers a worklist."))
    elif not worklist and node.worklist is WorklistOffer.YES:
        lines.append(translate("It offers no worklist: choose “No” on the page “Queries”."))
    return "\n".join(lines), "\n".join(found.services), good


def _searching(finds: set[str]) -> str:
    if {"Study Root", "Patient Root"} <= finds:
        return translate("Searches by patient, study, series and image.")
    if "Study Root" in finds:
        return translate("Searches by study, series and image (Study Root only).")
    if "Patient Root" in finds:
        return translate("Searches by patient first (Patient Root only).")
    if "Modality Worklist" in finds:
        return translate("It offers worklists only, no search for studies.")
    return translate("It offers no search.")


def _fetching(node: Node, *, gets: bool, moves: bool) -> str:
    if not gets and not moves:
        return translate("It offers neither C-GET nor C-MOVE: nothing can be fetched.")
    if node.retrieve is RetrieveMethod.GET and not gets:
        return translate("It offers no C-GET: choose to fetch by C-MOVE.")
    if node.retrieve is RetrieveMethod.MOVE and not moves:
        return translate("It offers no C-MOVE: choose to fetch by C-GET.")
    if node.retrieve is RetrieveMethod.MOVE or not gets:
        return translate(
            "Images come by C-MOVE: its administrator must know “{title}”"
            " with this computer’s address and port.",
            title=node.calling_ae_title,
        )
    return (
        translate("Images come by C-GET or C-MOVE.")
        if moves
        else translate("Images come by C-GET; it offers no C-MOVE.")
    )
