"""A plan as a transfer of the list: its job, its details, and the state of the plan."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from typing_extensions import override

from workstation.controllers.sources import Sources
from workstation.controllers.transfer_task import Then, TransferTask
from workstation.dicom.background import Background
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import Target
from workstation.errors import MoveDestinationUnknown
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.rows import Row
from workstation.models.transfer import Details, Priority, Transfer, TransferState
from workstation.models.translation import translate
from workstation.network.local_addresses import addresses_towards
from workstation.network.throttle import THROTTLES
from workstation.operations.dcmtk_commands import retrieve_command
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.store.plan import Plan, PlanState
from workstation.store.plans import Plans


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchServices:
    """What fetches need, the same for all of them.

    Attributes:
        held: The associations that are held.
    """

    lanes: Lanes
    sources: Sources
    router: LibraryRouter
    on_demand_listener: OnDemandListener
    plans: Plans
    quirks: NodeQuirks
    held: HeldAssociations | None = None


class FetchTask(TransferTask):
    """A plan as a transfer of the list.

    Attributes:
        again: Fetch also what is here already.
        row: What it was made for; None for one of an earlier run.
        others: Archives that know the row, too, and are asked afterwards whether they have more.
        first: Series Instance UID of what is to come first.
        modalities: What it is known to hold: what to negotiate. The plan does not keep it.
        one_of_each: The middle image of each series is to come before all others.
        at_once: The user does not want to wait for the hours of a fetch in the background.
        superseded: It was stopped because another one fetches it, too.
    """

    pauses = True

    def __init__(
        self,
        services: FetchServices,
        transfer: Transfer,
        plan: Plan,
        over: Callable[[FetchTask], None],
        *,
        again: bool = False,
    ) -> None:
        """``over`` is called when it has ended."""
        super().__init__(transfer)
        transfer.pauses = not again  # that would begin anew
        self.plan = plan
        self.again = again
        self.insists = plan.background is not None or plan.state is PlanState.UNFINISHED
        self.row: Row | None = None
        self.others: list[str] = []
        self.first = ""
        self.modalities: tuple[str, ...] = ()
        self.one_of_each = False
        self.at_once = False
        self.superseded = False
        self._addresses: tuple[str, ...] = ()
        self._services = services
        self._over = over

    @property
    def background(self) -> Background | None:
        """When and how fast it may run, if it is fetched in the background."""
        return None if self.at_once else self.plan.background

    @property
    @override
    def when_idle(self) -> bool:
        return self.transfer.unasked

    def brings(self, target: Target, background: Background | None) -> bool:
        """Whether it runs, waits or can be resumed to bring what is asked for, no later than it is wanted."""
        if not self.plan.covers(target) or (self.idle and not self.transfer.state.resumable):
            return False
        if background is not None and self.when_idle:  # it is not listed at the next start, and not limited
            return False
        later = self.background is not None or self.when_idle
        if background is None and later:  # of a larger one, the rest may still wait
            own = self.plan.target
            return (own.series, own.instances) == (target.series, target.instances)
        return background is None or not self.idle or self.deferred

    def want_at_once(self) -> None:
        """Note that the user waits for it: neither its hours nor its rate limit count any more.

        What runs slowly is stopped, to be begun anew without the limit.
        """
        slow = self.background is not None and self.background.limit is not None
        self.at_once, self.transfer.unasked, self.transfer.verb = True, False, ""
        self.transfer.priority = min(self.transfer.priority, Priority.NORMAL)
        if slow and self.transfer.state is TransferState.RUNNING:
            self.stop(Then.QUEUED)

    @property
    @override
    def queue_key(self) -> Hashable:
        return self._services.sources.lane_key(self.plan.node)

    @override
    def submit(self) -> Job | None:
        services = self._services
        node = services.sources.node(self.plan.node)
        if node is None:
            self.transfer.message = translate(
                "The node “{name}” is no longer configured.", name=self.plan.node
            )
            return None
        job = services.lanes.submit(
            Lane.TRANSFER,
            f"retrieve from {node.label}",
            self._work(node),
            key=services.sources.lane_key(node.name),
            report=Report.NONE,
        )
        job.delivered.connect(self._addressed)
        return job

    def _work(self, node: Node) -> Callable[[Run], Outcome]:
        services, plan = self._services, self.plan
        options = RetrieveOptions(
            again=self.again,
            observer=self.exchange,
            first=self.first,
            one_of_each=self.one_of_each,
            watched=self.transfer.priority is Priority.URGENT,
            count=plan.expected,
            held=services.held,
        )
        target = replace(plan.target, modalities=self.modalities)
        limit = self.background.limit if self.background is not None else None

        def work(run: Run) -> Outcome:
            try:
                with THROTTLES.of(node).lowered(limit):
                    return retrieve(
                        node,
                        target,
                        services.router,
                        services.on_demand_listener,
                        run.stop,
                        run.report,
                        plan=plan,
                        quirks=services.quirks,
                        options=options,
                    )
            except MoveDestinationUnknown:
                run.deliver(addresses_towards(node.host, node.port))
                raise

        return work

    def _addressed(self, batch: list[tuple[str, ...]]) -> None:
        self._addresses = batch[-1]

    @override
    def look_for_room(self) -> None:
        transfer = self.transfer
        self._services.router.check_room(max(0, (transfer.expected or 0) - transfer.done))

    @override
    def given_up(self) -> None:
        """Cancel the plan: it is not listed when the program starts again."""
        self.set_plan_state(PlanState.CANCELLED)

    @override
    def over(self) -> None:
        self._over(self)

    def set_plan_state(self, state: PlanState) -> None:
        """Set the state of the plan, which does not run; written by :class:`DeferredWrites`."""
        self.plan = self._services.plans.set_state_deferred(self.plan, state)

    @override
    def details(self) -> Details:
        target, node = self.plan.target, self._services.sources.node(self.plan.node)
        report = list(self.report)
        if self.outcome is not None:
            known = {uid for uid, _ in report}
            missing = translate("An archive lists it, and it did not come.")
            report += [(uid, missing) for uid in self.outcome.missing if uid not in known]
        destination = ""
        if isinstance(self.error, MoveDestinationUnknown):
            destination = self._destination(self.error)
        # what was learnt was read by then, in a lane
        quirks = self._services.quirks if self.exchange.begun else None
        port = self._services.on_demand_listener.port
        command = "" if node is None else retrieve_command(node, target, port, quirks)
        message = self.transfer.message
        if self.outcome is not None and self.outcome.associations > 1:
            used = translate("{n} associations fetched at once.", n=self.outcome.associations)
            message = f"{message} {used}".lstrip()
        return Details(
            self.transfer.title,
            message,
            self.error.detail if self.error is not None else "",
            report=tuple(report),
            whole=self.transfer.state in (TransferState.COMPLETE, TransferState.RECEIVED),
            exchange=self.exchange,
            command=command,
            uids=target.uids,
            destination=destination,
        )

    def _destination(self, error: MoveDestinationUnknown) -> str:
        """The lines for the archive's administrator."""
        lines = [
            translate("AE title: {title}", title=error.destination),
            translate("Address: {addresses}", addresses=", ".join(self._addresses) or "?"),
            translate("Port: {port}", port=error.port),
        ]
        if self._services.on_demand_listener.tls is not None:
            lines.append(translate("Encryption: TLS"))
        return "\n".join(lines)
