"""C-GET as SCU (PS3.4 C.4.3): the objects come as C-STORE on the same association."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.dicom.levels import Model
from workstation.network.association import Association
from workstation.network.command import Field
from workstation.network.contexts import GET, MODEL_NAMES
from workstation.network.dimse import DimseResponse
from workstation.network.receive import Reception, Sink
from workstation.network.suboperations import FirstObjectWait, Pending, retrieve

if TYPE_CHECKING:
    from pydicom import Dataset


def get(
    association: Association,
    model: Model,
    identifier: Dataset,
    sink: Sink,
    pending: Pending | None = None,
    first_object: FirstObjectWait | None = None,
) -> DimseResponse:
    """Have the peer send what ``identifier`` names; returns its final statement, whatever its status.

    Args:
        association: The peer.
        model: The information model.
        identifier: The keys.
        sink: Keeps the objects.
        pending: Called with each pending response.
        first_object: The wait for the first object.

    Raises:
        ServiceRefused: The model was not accepted.
        NetworkError: The association broke; what had arrived is with the sink.
        Cancelled: Stopped, and the peer did not end in time.
    """
    context = association.context_for(GET[model], f"{MODEL_NAMES[model]} C-GET")
    reception = Reception(association, sink, association.timeouts.retrieve)
    return retrieve(
        association,
        context,
        Field.C_GET_RQ,
        identifier,
        pending,
        serve=reception.serve,
        last=lambda: reception.last,
        first_object=first_object,
    )
