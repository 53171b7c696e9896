"""Fetches earlier studies of a patient in the background, where the settings of an archive say so."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject

from workstation.controllers.retrieve import Retrieve
from workstation.controllers.sources import Sources
from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.rows import Row
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.local_copy import copies_present
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.prior_studies import find_priors
from workstation.store.library import Library
from workstation.store.plans import Plans


class Priors(QObject):
    """Asks for priors of what the user fetches, never of a prior; each prior is fetched once in a session."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        quirks: NodeQuirks,
        held: HeldAssociations,
        library: Library,
        plans: Plans,
        retrieve: Retrieve,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._quirks = quirks
        self._held = held
        self._library = library
        self._plans = plans
        self._retrieve = retrieve
        self._asked: set[tuple[str, str]] = set()
        self._done: set[str] = set()

    def look_for(self, row: Row) -> None:
        """Ask the archives of a row that the user fetches for priors, once nothing else goes on."""
        study = row.above(Level.STUDY)
        if study is None or study.apart:
            return
        self._done.add(study.uid)
        for key in study.archives:
            node, match = self._sources.node(key), study.matches[key]
            if node is None or node.priors is None or not isinstance(match, StudyMatch):
                continue
            if (key, study.uid) not in self._asked:
                self._asked.add((key, study.uid))
                self._retrieve.idle.when_idle(partial(self._find, key, match))

    def leave_out(self, studies: Iterable[str]) -> None:
        """Fetch none of these: the user deleted their local copies."""
        self._done.update(studies)

    def _find(self, key: str, study: StudyMatch) -> None:
        node = self._sources.node(key)
        if node is None or node.priors is None or node.lacks_passcode or node.lacks_consent:
            return
        rule = node.priors

        def work(run: Run) -> list[StudyMatch]:
            found = find_priors(node, study, rule, run.stop, quirks=self._quirks, held=self._held)
            uids = [one.study_uid for one in found]
            copies = copies_present(self._library, self._plans, uids, run.stop)
            here = {uid for uid, copy in copies.items() if copy.extent.enough}
            return [one for one in found if one.study_uid not in here]

        def ended(end: Ended) -> None:
            for prior in end.result if isinstance(end.result, list) else ():
                if prior.study_uid not in self._done:
                    self._done.add(prior.study_uid)
                    self._retrieve.fetch_prior(prior, key, study)

        job = self._lanes.submit(
            Lane.COUNT, f"ask {key} for priors", work, key=self._sources.lane_key(key), report=Report.BUGS
        )
        job.ended.connect(ended)
