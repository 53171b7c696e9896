"""Checks every service against the demo archive, TLS against our own listener, and the library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workstation.demo.process import DemoArchive
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import Node, RetrieveMethod, Tls
from workstation.dicom.outcomes import End, Outcome
from workstation.dicom.targets import Target
from workstation.operations.instance_router import FolderRouter, LibraryRouter
from workstation.operations.node_check import check
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.operations.send import send
from workstation.operations.sources import Archive, LocalLibrary
from workstation.resources import resource
from workstation.selftest.codecs import known_files
from workstation.selftest.report import CheckFailed, CheckReport
from workstation.stop import Progress, Stop
from workstation.store.library import Library
from workstation.store.plans import Plans

HERE = "127.0.0.1"
AE_TITLE = "SELFTEST"


def check_network(report: CheckReport, folder: Path) -> None:
    """Start a demo archive and use it as a user would; everything is kept below ``folder``."""
    moved = FolderRouter(folder / "moved")
    listening = OnDemandListener(moved, 0, address=HERE, idle=0.0)
    try:
        with (
            report.check("demo archive as a child process"),
            listening.receiving() as scp,
            DemoArchive.start(folder / "demo", {AE_TITLE: scp.port}) as archive,
        ):
            _services(report, folder, replace(archive.node, calling_ae_title=AE_TITLE), moved, listening)
    finally:
        listening.close()
    with report.check("TLS: C-ECHO, C-STORE"):
        _tls(folder / "tls")


def _services(
    report: CheckReport, folder: Path, node: Node, moved: FolderRouter, listening: OnDemandListener
) -> None:
    with report.check("C-ECHO") as seen:
        seen.detail = f"{len(check(node, Stop()).services)} services"
    with report.check("C-FIND") as seen:
        seen.detail = f"{len(_studies(node))} studies"
    with report.check("C-GET into the library, SQLite") as seen:
        seen.detail = f"{_get(node, folder)} objects"
    with report.check("C-MOVE") as seen:
        options = RetrieveOptions(method=RetrieveMethod.MOVE)
        outcome = retrieve(node, _smallest(node), moved, listening, Stop(), _unwatched, options=options)
        seen.detail = f"{_whole(outcome)} objects"
    with report.check("C-STORE in every transfer syntax") as seen:
        files = known_files()
        seen.detail = f"{_whole(send(node, files, Stop(), _unwatched), len(files))} objects"


def _studies(node: Node) -> list[StudyMatch]:
    found = list(Archive(node).search(Criteria(), Stop()))
    if not found:
        raise CheckFailed("the demo archive knows no studies")
    return found


def _smallest(node: Node) -> Target:
    study = min(_studies(node), key=lambda each: each.instances or 10_000)
    return Target(study.study_uid, patient_id=study.patient.patient_id, modalities=study.modalities)


def _get(node: Node, folder: Path) -> int:
    """Fetch a study and find it in the library; how many objects there are."""
    library = Library.open(folder / "library")
    try:
        plans = Plans(folder / "plans.db")
        try:
            router = LibraryRouter(library, plans)
            outcome = retrieve(
                node,
                _smallest(node),
                router,
                None,
                Stop(),
                _unwatched,
                options=RetrieveOptions(method=RetrieveMethod.GET),
            )
        finally:
            plans.close()
        library.index.settled()
        (here,) = LocalLibrary(library.index).search(Criteria(), Stop())
        if here.instances != _whole(outcome):
            raise CheckFailed("the library holds other objects than were fetched")
        return here.instances
    finally:
        library.close()


def _tls(folder: Path) -> None:
    """Send to a listener of our own, with the certificate that came with the program."""
    certificate = str(resource("selftest/certificate.pem"))
    router = FolderRouter(folder, pushes=True)
    server = Tls(certificate=certificate, key=str(resource("selftest/key.pem")))
    listening = OnDemandListener(router, 0, address=HERE, tls=server, idle=0.0)
    try:
        with listening.receiving() as scp:
            node = Node(
                name="this program", ae_title=AE_TITLE, host=HERE, port=scp.port, tls=Tls(ca=certificate)
            )
            check(node, Stop())
            _whole(send(node, known_files()[:1], Stop(), _unwatched))
    finally:
        listening.close()


def _whole(outcome: Outcome, least: int = 1) -> int:
    """How many objects it was, at least so many."""
    if outcome.end is not End.COMPLETE or outcome.received < least:
        reason = outcome.failed[0].reason if outcome.failed else outcome.message
        raise CheckFailed(f"it ended {outcome.end} with {outcome.received} objects. {reason}")
    return outcome.received


def _unwatched(_: Progress) -> None:
    """Ignore progress."""
