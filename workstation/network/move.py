"""C-MOVE as SCU (PS3.4 C.4.2): the objects go to another AE title, usually our listener."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.dicom.levels import Model
from workstation.network import command
from workstation.network.association import Association
from workstation.network.command import Field
from workstation.network.contexts import MODEL_NAMES, MOVE
from workstation.network.dimse import DimseResponse
from workstation.network.reader import Alive
from workstation.network.suboperations import FirstObjectWait, Pending, retrieve

if TYPE_CHECKING:
    from pydicom import Dataset


def move(
    association: Association,
    model: Model,
    identifier: Dataset,
    destination: str,
    pending: Pending | None = None,
    last: Alive = lambda: 0.0,
    message_id: int | None = None,
    first_object: FirstObjectWait | None = None,
) -> DimseResponse:
    """Have the peer send what ``identifier`` names to ``destination``; returns its final statement.

    Args:
        association: The peer.
        model: The information model.
        identifier: The keys.
        destination: AE title of the receiver, as the peer knows it.
        pending: Called with each pending response.
        last: Tells the moment of the last object that arrived; each grants another gap of silence.
        message_id: The request's, from the association; None: the next one.
        first_object: The wait for the first object.

    Raises:
        ServiceRefused: The model was not accepted.
        NetworkError: The association broke.
        Cancelled: Stopped, and the peer did not end in time.
    """
    context = association.context_for(MOVE[model], f"{MODEL_NAMES[model]} C-MOVE")
    extra = ((command.MOVE_DESTINATION, destination.encode("ascii", "replace")),)
    return retrieve(
        association,
        context,
        Field.C_MOVE_RQ,
        identifier,
        pending,
        extra=extra,
        last=last,
        first_object=first_object,
        message_id=message_id,
    )
