"""Write the DCMTK commands that ask what a recorded exchange asked, for a developer to compare."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from workstation.dicom.dataset_listing import value_text
from workstation.dicom.lenient_dataset import Element
from workstation.dicom.levels import Model
from workstation.dicom.masking import is_masked
from workstation.network import command
from workstation.network.command import Command, Field
from workstation.network.contexts import FIND, GET, MOVE
from workstation.network.exchange import Exchange, Talk, TracedMessage
from workstation.operations.dcmtk_commands import node_options
from workstation.operations.exchange_reading import command_of, identifier_of, lines_of

MOST = 20
"""Commands; an exchange may have asked thousands of times."""
_MASKED = "[masked]"
_TOOLS = {Field.C_FIND_RQ: "findscu", Field.C_GET_RQ: "getscu", Field.C_MOVE_RQ: "movescu"}
_MODELS = {Model.PATIENT: "-P", Model.STUDY: "-S", Model.PATIENT_STUDY: "-O", Model.WORKLIST: "-W"}
_MODEL_OPTIONS = {uid: _MODELS[model] for classes in (FIND, GET, MOVE) for model, uid in classes.items()}


def exchange_commands(exchange: Exchange, *, masked: bool) -> list[str]:
    """A line for each different request of ours, in their order; at most :data:`MOST`.

    Values that may be a patient's are left out if ``masked``; the passcode always is.
    """
    found: dict[str, None] = {}
    for _, talk, what in lines_of(exchange):
        if isinstance(what, TracedMessage) and what.sent and talk is not None:
            found |= dict.fromkeys(_command(exchange, talk, what, masked=masked))
        if len(found) >= MOST:
            break
    return list(found)


def _command(exchange: Exchange, talk: Talk, message: TracedMessage, *, masked: bool) -> Iterator[str]:
    node, asked = exchange.node, command_of(message)
    if node is None or asked is None or asked.is_response:
        return
    to = [*node_options(node), node.host, str(node.port)]
    if asked.field == Field.C_ECHO_RQ:
        yield shlex.join(["echoscu", "-v", *to])
    elif asked.field == Field.C_STORE_RQ:
        yield shlex.join(["storescu", "-v", "+sd", *to, "."])
    elif asked.field in _TOOLS:
        yield shlex.join([*_query(talk, asked, message, masked=masked), *to])


def _query(talk: Talk, asked: Command, message: TracedMessage, *, masked: bool) -> Iterator[str]:
    yield from (_TOOLS[Field(asked.field)], "-v", _MODEL_OPTIONS.get(asked.sop_class, "-S"))
    if asked.field == Field.C_GET_RQ:
        yield "+B"
    if asked.field == Field.C_MOVE_RQ:
        yield from ("-aem", asked.text(command.MOVE_DESTINATION))
    reading = identifier_of(talk, message)
    for key in _keys(reading.elements if reading is not None else (), "", masked=masked):
        yield from ("-k", key)


def _keys(elements: tuple[Element, ...], path: str, *, masked: bool) -> Iterator[str]:
    """The elements as DCMTK's paths: ``(0040,0100)[0].(0008,0060)=CT``."""
    for element in elements:
        name = f"{path}({element.tag >> 16:04x},{element.tag & 0xFFFF:04x})"
        if element.vr == "SQ":
            for number, item in enumerate(element.values):
                if isinstance(item, tuple):
                    yield from _keys(item, f"{name}[{number}].", masked=masked)
        elif not element.values:
            yield name
        else:
            yield f"{name}={_MASKED if masked and is_masked(element) else value_text(element)}"
