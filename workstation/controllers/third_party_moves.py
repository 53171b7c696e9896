"""Have archives send studies to another AE title by C-MOVE, listed among the transfers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from workstation.controllers.function_task import FunctionTask
from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock
from workstation.controllers.sources import Sources
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfers import Transfers
from workstation.dicom import display
from workstation.dicom.outcomes import Outcome
from workstation.dicom.targets import Target
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.models.translation import image_count
from workstation.operations.dcmtk_commands import move_command
from workstation.operations.held_associations import HeldAssociations, making_room
from workstation.operations.move_to_third_party import move_all_elsewhere
from workstation.operations.node_quirks import NodeQuirks


class ThirdPartyMoves(Transfers):
    """Moves to other AE titles. What the archive counts is told as its word: nothing of it is seen here."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        sources: Sources,
        quirks: NodeQuirks,
        transfers: TransfersModel,
        notices: Notices,
        queue: TransferQueue,
        unlock: Unlock,
        held: HeldAssociations | None = None,
    ) -> None:
        super().__init__(lanes, transfers, notices, queue=queue, unlock=unlock)
        self._sources = sources
        self._quirks = quirks
        self._held = held

    def move(
        self, targets: Sequence[Target], key: str, destination: str, title: str, *, images: int | None
    ) -> None:
        """Have an archive send targets.

        Args:
            targets: Of one study.
            key: The archive.
            destination: AE title of the receiver, as that archive knows it.
            title: What the user knows them by.
            images: How many images the archive counted; None: it did not.
        """
        where = self.tr("to {destination}, from {node}").format(node=key, destination=destination)
        number, verb = self._transfers.next_number(), self.tr("The archive sends it")
        transfer = Transfer(number, title, key, expected=images, verb=verb, where=where)

        def begin(one: FunctionTask) -> Job | None:
            transfer.done, transfer.expected = 0, images
            return self._submit(one, targets, destination)

        task = FunctionTask(
            transfer,
            begin,
            key=lambda: self._sources.lane_key(key),
            over=partial(self._tell_result, destination=destination, counted=images),
        )
        task.command = partial(self._command, key, targets, destination)
        self._take_on(task)

    def _submit(self, one: FunctionTask, targets: Sequence[Target], destination: str) -> Job | None:
        """Queue the request in the transfer lane of the archive; None if that is gone."""
        key = one.transfer.node
        node = self._sources.node(key)
        if node is None:
            gone = self.tr("The node “{name}” is no longer configured.")
            one.transfer.message = gone.format(name=key)
            return None

        def work(run: Run) -> Outcome:
            with making_room(self._held, node):
                return move_all_elsewhere(
                    node,
                    targets,
                    destination,
                    run.stop,
                    run.report,
                    quirks=self._quirks,
                    observer=one.messages.append,
                )

        return self._lanes.submit(
            Lane.TRANSFER,
            f"move from {key} to a third party",
            work,
            key=self._sources.lane_key(key),
            report=Report.NONE,
        )

    def _tell_result(self, one: FunctionTask, *, destination: str, counted: int | None) -> None:
        """Say of what ended well that only the archive says so, and whether it had counted more before."""
        transfer = one.transfer
        if transfer.state is not TransferState.COMPLETE:
            return
        sent = image_count(transfer.done)
        facts = {"node": display.plain(transfer.node), "sent": sent, "destination": destination}
        transfer.state = TransferState.RECEIVED
        transfer.message = self.tr("{node} says that it sent {sent}. Ask {destination} whether they came.")
        if one.outcome is not None and one.outcome.expected is None:
            transfer.message = self.tr(
                "{node} says that it is done, and does not count. Ask {destination} what came."
            )
        elif counted is not None and transfer.done < counted:
            transfer.state, transfer.expected = TransferState.PARTIAL, counted
            transfer.message = self.tr("{node} says that it sent {sent}; it had counted {counted} before.")
            facts["counted"] = str(counted)
        transfer.message = transfer.message.format(**facts)
        self._transfers.tell(transfer)
        if transfer.state is TransferState.PARTIAL:
            self.fell_short.emit(transfer.number, transfer.message)

    def _command(self, key: str, targets: Sequence[Target], destination: str) -> str:
        node = self._sources.node(key)
        return "" if node is None else move_command(node, targets, destination)
