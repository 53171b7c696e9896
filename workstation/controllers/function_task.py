"""A transfer of the list that is done by functions of the controller that lists it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from typing_extensions import override

from workstation.controllers.transfer_task import TransferTask
from workstation.jobs.job import Job
from workstation.models.transfer import Details, Transfer


class FunctionTask(TransferTask):
    """A copy, a sending, an import, or a move to a third party.

    Attributes:
        command: Returns the same as a command of DCMTK; empty: there is none.
    """

    def __init__(
        self,
        transfer: Transfer,
        begin: Callable[[FunctionTask], Job | None],
        *,
        key: Callable[[], Hashable] = lambda: None,
        over: Callable[[FunctionTask], None] = lambda _: None,
    ) -> None:
        """Nothing is begun.

        Args:
            transfer: Its row.
            begin: Submits the job; None, and a message in the row, if that is impossible.
            key: Returns its :attr:`queue_key`.
            over: Called when it has ended.
        """
        super().__init__(transfer)
        self._begin = begin
        self._key = key
        self._over = over
        self.command: Callable[[], str] = str

    @property
    @override
    def queue_key(self) -> Hashable:
        return self._key()

    @override
    def submit(self) -> Job | None:
        return self._begin(self)

    @override
    def over(self) -> None:
        self._over(self)

    @override
    def details(self) -> Details:
        return Details(
            self.transfer.title,
            self.transfer.message,
            self.error.detail if self.error is not None else "",
            report=self.report,
            fetch=False,
            messages=tuple(map(str, self.messages)),
            command=self.command(),
        )
