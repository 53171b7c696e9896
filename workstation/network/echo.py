"""C-ECHO as SCU (PS3.4 A)."""

from __future__ import annotations

from workstation.network import command
from workstation.network.association import Association
from workstation.network.command import Field
from workstation.network.contexts import VERIFICATION
from workstation.network.dimse import DimseResponse, final_response, response_to


def echo(association: Association) -> DimseResponse:
    """Send C-ECHO and return the response, whatever its status.

    Raises:
        ServiceRefused: It does not offer verification.
        NetworkError: The association broke.
    """
    context = association.context_for(VERIFICATION, "C-ECHO")
    message_id = association.next_message_id()
    association.send(
        context.id,
        command.encode(
            [
                (command.AFFECTED_SOP_CLASS, VERIFICATION),
                (command.COMMAND_FIELD, Field.C_ECHO_RQ),
                (command.MESSAGE_ID, message_id),
                (command.DATA_SET_TYPE, command.NO_DATA_SET),
            ]
        ),
    )
    message = response_to(association, message_id, Field.C_ECHO_RSP, association.timeouts.echo)
    return final_response(message)
