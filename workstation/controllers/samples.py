"""Has an archive send one image of each series of the current row, to be looked at before it is fetched."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.preview import Preview
from workstation.controllers.retrieve import Retrieve
from workstation.controllers.sources import Sources
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.errors import UserMessage
from workstation.jobs.current_job import CurrentJob
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.rows import Fill, Row
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.sample_router import SampleRouter
from workstation.operations.sample_state import SampleRequest
from workstation.operations.samples import fetch_samples
from workstation.store.sample_cache import Sample

_BEING_FETCHED = UserMessage("It is being fetched.")


class Samples(QObject):
    """Asks for samples, and hands them to the preview; those of another study than the current go nowhere."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        router: SampleRouter,
        on_demand_listener: OnDemandListener,
        quirks: NodeQuirks,
        held: HeldAssociations,
        retrieve: Retrieve,
        preview: Preview,
        notices: Notices,
        unlock: Unlock,
    ) -> None:
        """What a run of the program left in the cache that was broken off goes now."""
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._router = router
        self._on_demand_listener = on_demand_listener
        self._quirks = quirks
        self._held = held
        self._retrieve = retrieve
        self._preview = preview
        self._notices = notices
        self._unlock = unlock
        self._row: Row | None = None
        self._asked: Row | None = None
        self._job = CurrentJob()
        self._awaited: dict[str, Sample] = {}
        lanes.submit(Lane.SAMPLES, "remove old samples", lambda run: router.cache.remove_left_over())

    def choose(self, row: Row | None) -> None:
        """Show what the cache has of the current row; what is asked for of another study is given up."""
        before, self._row = self._row, row
        study = _study(row)
        if _study(before) is not study:  # by the row: one UID may be told of two patients
            self._job.drop(at_once=True)
            self._awaited = {}
        if study is None or row is None:
            return
        for source in row.archives:
            found = self._router.cache.of_study(
                self._sources.lane_key(source), study.uid, _patient_id(study, source)
            )
            self._preview.show_samples(found)
        self._preview.show_samples(self._awaited.values())
        if self._job.running:
            self._preview.ask(asking=True)

    def look(self) -> None:
        """Have one image of each series of the current row sent, unless it is here or on its way."""
        row, study = self._row, _study(self._row)
        if row is None or study is None or row.level is Level.IMAGE:
            self._notices.show_note(self.tr("Choose a study to look at one image of each of its series."))
            return
        only = row.uid if row.level is Level.SERIES else ""
        keys = [source for source in row.archives if self._sources.node(source) is not None]
        keys.sort(key=lambda source: row.count_by(source) or 0, reverse=True)
        if row.settled or not row.may_be_asked_for:
            return  # the preview shows the images, or says why there can be none
        if self._retrieve.is_under_way(study.uid, only):
            self._notices.show_note(self.tr("It is being fetched: its images appear as they come."))
        elif not keys:
            self._notices.show_note(
                self.tr("No archive in your list told of it. Tick those that may have it, and search again.")
            )
        elif not (self._job.running and self._asked is row):
            self._unlock(keys[:1], partial(self._ask, row, study, only))

    def _ask(self, row: Row, study: Row, only: str, keys: list[str]) -> None:
        node = self._sources.node(keys[0]) if keys else None
        if node is None or _study(self._row) is not study:
            return
        here = {child.uid for child in study.entities if child.held}
        request = SampleRequest(
            archive=self._sources.lane_key(keys[0]),
            study=study.uid,
            patient_id=_patient_id(study, keys[0]),
            series=_known_series(row, keys[0]),
            only=only,
            first=self._preview.series_uid,
            left_out=frozenset(here | self._preview.series_here),
            modalities=row.modalities,
        )
        job = self._lanes.submit(
            Lane.SAMPLES,
            f"look at images of {node.label}",
            partial(self._work, node, request),
            key=request.archive,
            report=Report.BUGS,
        )
        self._asked, self._awaited = row, {}
        self._job.replace(job, delivered=self._delivered, ended=self._ended)
        self._preview.ask(asking=True)

    def _work(self, node: Node, request: SampleRequest, run: Run) -> None:
        fetch_samples(
            node,
            request,
            self._router,
            self._on_demand_listener,
            run.stop,
            run.deliver,
            self._quirks,
            held=self._held,
        )

    def _delivered(self, batch: list[Sample]) -> None:
        for sample in batch:
            if sample.awaited:
                self._awaited[sample.series.series_uid] = sample
            else:
                self._awaited.pop(sample.series.series_uid, None)
        self._preview.show_samples(batch)

    def _ended(self, ended: Ended) -> None:
        why = self._notices.why(ended)
        self._end_waiting(ended.error.message if ended.error is not None else UserMessage(why))
        self._preview.ask(asking=False, why=why)

    def give_up(self, study: str) -> None:
        """Ask for nothing more of a study: it is being fetched now."""
        asked = _study(self._asked)
        if self._job.running and asked is not None and asked.uid == study:
            self._job.drop(at_once=True)
            self._end_waiting(_BEING_FETCHED)
            self._preview.ask(asking=False)

    def _end_waiting(self, why: UserMessage) -> None:
        """Say of all that did not come why."""
        awaited, self._awaited = self._awaited, {}
        self._preview.show_samples([replace(sample, why=why) for sample in awaited.values()])


def _study(row: Row | None) -> Row | None:
    return row.above(Level.STUDY) if row is not None else None


def _patient_id(study: Row, source: str) -> str:
    """The Patient ID as the archive sent it."""
    match = study.matches.get(source)
    return match.patient.patient_id if isinstance(match, StudyMatch) else study.patient_id


def _known_series(row: Row, source: str) -> tuple[SeriesMatch, ...] | None:
    """The series of a row that an archive answered; None where it has to be asked."""
    if row.level is Level.SERIES:
        answered = [row.matches.get(source)]
    else:
        answered = [child.matches.get(source) for child in row.entities] if row.fill is Fill.FULL else []
    return tuple(one for one in answered if isinstance(one, SeriesMatch)) or None
