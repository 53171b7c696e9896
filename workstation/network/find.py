"""C-FIND as SCU (PS3.4 C.4.1): four levels, three roots, and the worklist (PS3.4 K.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from workstation.dicom.levels import Model
from workstation.dicom.statuses import StatusClass, classify
from workstation.errors import AssociationAborted, ConnectionLost, UserMessage
from workstation.network.association import Association, Message, Released
from workstation.network.command import Field
from workstation.network.contexts import FIND, MODEL_NAMES
from workstation.network.dimse import DimseResponse, decode, failure, final_response, request, responses

if TYPE_CHECKING:
    from pydicom import Dataset


class FindResponse(NamedTuple):  # made for every answer: cheaper than a frozen dataclass
    """One pending response, its identifier still encoded."""

    status: int
    data: bytes
    transfer_syntax: str

    def data_set(self) -> Dataset | None:
        """The identifier; None if its bytes cannot be read as one."""
        return decode(self.data, self.transfer_syntax)


class Find:
    """One query: iterate over it for its answers, then ask how it ended.

    Attributes:
        response: The final response; None while it runs.
        empty: How many pending responses came without an identifier, though each has to have one (PS3.7
            9.1.2.1): they match nothing, so they are no answers.
    """

    def __init__(
        self,
        association: Association,
        model: Model,
        keys: Dataset,
        *,
        reopen: Callable[[], Association] | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            association: Open; of the thread that iterates.
            model: Information model.
            keys: The identifier.
            reopen: Opens another association, to ask again if this one turns out to be over before anything
                was answered: it was idle before. None: that is an error.
        """
        self.response: DimseResponse | None = None
        self.empty = 0
        self._has_answered = False
        self._responded = False
        self._reopen = reopen
        self._association = association
        self._model = model
        self._keys = keys

    @property
    def incomplete(self) -> bool:
        """The peer stopped before the end: cancelled by us, or a limit of its own (FE00H, B001H…)."""
        return self.response is not None and self.response.kind in (StatusClass.CANCEL, StatusClass.WARNING)

    def cancel(self, *, grace: float | None = None) -> None:
        """Ask the peer to stop; the iteration goes on until its final answer, or until ``grace``."""
        self._association.cancel(grace=grace)

    def _is_answer(self, _: Message) -> bool:
        return self._has_answered

    def __iter__(self) -> Iterator[FindResponse]:
        """Send the request and yield each answer as it arrives.

        Raises:
            ServiceRefused: The model was not accepted.
            OperationFailed: The final status is a failure.
            NetworkError: The association broke.
            Cancelled: Stopped, and the peer did not end in time.
        """
        try:
            yield from self._ask()
        except (AssociationAborted, ConnectionLost, Released):
            if self._reopen is None or self._responded:
                raise
            words = "The association that was held had ended: asked again on a new one"
            self._association.remark(UserMessage(words))
            self._association = self._reopen()
            yield from self._ask()
        if self.response is not None and self.response.kind is StatusClass.FAILURE:
            raise failure(self._association, "C-FIND", self.response)

    def _ask(self) -> Iterator[FindResponse]:
        association = self._association
        uid = FIND[self._model]
        context = association.context_for(uid, f"{MODEL_NAMES[self._model]} C-FIND")
        message_id = association.next_message_id()
        with association.cancellable(context.id, message_id):
            request(association, context, Field.C_FIND_RQ, message_id, self._keys)
            gap = association.timeouts.find
            within = gap * association.limits.find_gaps
            for message in responses(
                association, message_id, Field.C_FIND_RSP, gap, progress=self._is_answer, within=within
            ):
                self._responded = True
                data = association.read_data(gap)
                self._has_answered = bool(data)
                status = message.command.status
                if status is None or classify(status) is not StatusClass.PENDING:
                    self.response = final_response(message)
                elif not data:
                    self.empty += 1
                else:
                    yield FindResponse(status, data, message.context.transfer_syntax)
