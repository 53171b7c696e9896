"""A task of the list of transfers that works on local files."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from workstation.controllers.transfer_task import TransferTask
from workstation.jobs.job import Job
from workstation.models.transfer import Details, Transfer


class LocalTask(TransferTask):
    """A copy, a sending or an import; ``begin`` queues it, ``command`` is the same with DCMTK."""

    def __init__(
        self,
        transfer: Transfer,
        begin: Callable[[LocalTask], Job | None],
        key: Callable[[], Hashable] = lambda: None,
    ) -> None:
        super().__init__(transfer)
        self._begin = begin
        self._key = key
        self.command: Callable[[], str] = str
        self.uids: tuple[str, ...] = ()

    @property
    def queue_key(self) -> Hashable:
        return self._key()

    def submit(self) -> Job | None:
        return self._begin(self)

    def details(self) -> Details:
        return Details(
            self.transfer.title,
            self.transfer.message,
            self.error.detail if self.error is not None else "",
            report=self.report,
            fetch=False,
            exchange=self.exchange,
            command=self.command(),
            uids=self.uids,
        )
