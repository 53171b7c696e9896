"""Objects go out as their files hold them, and no response is lost on the way."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom import AE, build_role, evt
from pynetdicom.association import MODE_REQUESTOR, Association
from pynetdicom.dimse_messages import C_FIND_RSP, C_GET_RSP, C_STORE_RQ
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_STORE

from workstation.demo import messages
from workstation.demo.stored_object import object_of_file
from workstation.demo.suboperations import send_as_stored
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.operations.instance_router import FolderRouter
from workstation.operations.retrieve import retrieve
from workstation.relaunch import command
from workstation.stop import Stop

CLASS = "1.2.840.10008.5.1.4.1.1.2"


@contextmanager
def served(*paths: Path) -> Iterator[Node]:
    arguments = [*command(), "demo-archive", "--json", "--port", "0", *map(str, paths)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield Node(
            name="", ae_title="DEMO", host="127.0.0.1", port=json.loads(process.stdout.readline())["port"]
        )
    finally:
        process.kill()
        process.communicate()


def data_of(path: Path) -> bytes:
    """What lies behind the file meta information."""
    content = path.read_bytes()
    length = dcmread(path, stop_before_pixels=True).file_meta.FileMetaInformationGroupLength
    return content[132 + 12 + length :]


def test_an_object_comes_bit_for_bit(study: Callable[..., list[Path]], tmp_path: Path) -> None:
    (file,) = study(1)
    with file.open("ab") as end:  # a group length and trailing padding: lost where an object is encoded again
        end.write(b"\xe1\x7f\0\0UL\x04\0\x0b\0\0\0" + b"\xfc\xff\xfc\xffOB\0\0\x04\0\0\0\0\0\0\0")
    header = dcmread(file, stop_before_pixels=True)
    with served(file) as node:
        target, router = Target(header.StudyInstanceUID), FolderRouter(tmp_path / "out")
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
    assert outcome.end is End.COMPLETE
    assert data_of(tmp_path / "out" / f"{header.SOPInstanceUID}.dcm") == data_of(file)


def test_what_its_file_announces_otherwise_is_announced_by_its_own_uid(
    study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    (file,) = study(1)
    dataset = dcmread(file)
    uid = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("2.25.99")
    dataset.save_as(file, enforce_file_format=False)
    item = object_of_file(file)
    assert item is not None
    assert item.value("SOPInstanceUID") == uid
    with served(file) as node:
        target, router = Target(dataset.StudyInstanceUID), FolderRouter(tmp_path / "out")
        outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
    assert outcome.end is End.COMPLETE
    assert [path.stem for path in (tmp_path / "out").iterdir()] == [uid]


@pytest.mark.parametrize("offered", [["1.2.840.10008.1.2"], ["1.2.840.10008.1.2", ExplicitVRLittleEndian]])
def test_another_syntax_is_a_conversion_and_the_stored_one_comes_first(
    study: Callable[..., list[Path]], offered: list[str]
) -> None:
    (file,) = study(1)
    header = dcmread(file)
    came: list[Dataset] = []

    def keep(event: object) -> int:
        came.append(event.dataset)  # type: ignore[attr-defined]
        came[-1].syntax = event.context.transfer_syntax  # type: ignore[attr-defined]
        return 0

    ae = AE()
    ae.add_requested_context("1.2.840.10008.5.1.4.1.2.2.3")
    ae.add_requested_context(CLASS, offered)
    with served(file) as node:
        roles = [build_role(CLASS, scp_role=True)]
        association = ae.associate(
            node.host, node.port, ext_neg=roles, evt_handlers=[(evt.EVT_C_STORE, keep)]
        )
        wish = Dataset()
        wish.QueryRetrieveLevel, wish.StudyInstanceUID = "STUDY", header.StudyInstanceUID
        ends = [status.Status for status, _ in association.send_c_get(wish, "1.2.840.10008.5.1.4.1.2.2.3")]
        association.release()
    assert ends[-1] == 0
    assert came[0].syntax == offered[-1]
    assert came[0].PixelData == header.PixelData


def encoded(message: object) -> bytes:
    return b"".join(
        value[1:]
        for primitive in message.encode_msg(1, 0)  # type: ignore[attr-defined]
        for _, value in primitive.presentation_data_value_list
        if value[0] & 1
    )


def test_commands_are_encoded_as_pynetdicom_encodes_them() -> None:
    store = C_STORE()
    store.MessageID, store.Priority = 7, 2
    store.AffectedSOPClassUID, store.AffectedSOPInstanceUID = UID(CLASS), UID("1.2.34")
    store.MoveOriginatorApplicationEntityTitle, store.MoveOriginatorMessageID = "ODD", 65535
    store.DataSet = io.BytesIO(b"data")
    get = C_GET()
    get.MessageID = get.MessageIDBeingRespondedTo = 3
    get.AffectedSOPClassUID, get.Status = UID("1.2.840.10008.5.1.4.1.2.2.3"), 0xFF00
    get.NumberOfRemainingSuboperations, get.NumberOfCompletedSuboperations = 65535, 0
    get.NumberOfFailedSuboperations, get.NumberOfWarningSuboperations = 1, 2
    find = C_FIND()
    find.MessageID = find.MessageIDBeingRespondedTo = 3
    find.AffectedSOPClassUID, find.Status = UID("1.2.840.10008.5.1.4.1.2.2.1"), 0xFF00
    find.Identifier = io.BytesIO(b"data")
    for primitive, message, field, data_set in (
        (store, C_STORE_RQ(), 0x0001, 1),
        (get, C_GET_RSP(), 0x8010, 0x0101),
        (find, C_FIND_RSP(), 0x8020, 1),
    ):
        message.primitive_to_message(primitive)
        fields = {
            element.keyword: getattr(primitive, element.keyword, None) for element in message.command_set
        }
        fields |= {"CommandField": field, "CommandDataSetType": data_set}
        assert messages.encode_command(fields) == encoded(message)


@pytest.mark.parametrize(("length", "largest"), [(0, 16), (10, 16), (11, 16), (20, 16), (25, 16), (25, 0)])
def test_fragments_are_filled_and_only_the_last_is_marked(length: int, largest: int) -> None:
    content = bytes(range(length))
    fragments = list(messages._fragments(io.BytesIO(content), largest))
    assert b"".join(fragment[1:] for fragment in fragments) == content
    assert [fragment[0] for fragment in fragments] == [0] * (len(fragments) - 1) + [2]
    assert largest == 0 or all(len(fragment) + 5 <= largest for fragment in fragments)
    assert len(fragments) == max(1, -(-length // (largest - 6))) if largest else len(fragments) == 1


def test_a_response_is_left_to_the_sender_that_waits_for_it() -> None:
    ae = AE()
    association = Association(ae, MODE_REQUESTOR)
    send_as_stored(association)
    association.dimse.msg_queue.put((1, C_STORE()))
    assert association.dimse.get_msg(block=False) == (None, None)
    context, response = association.dimse.get_msg(block=True)
    assert (context, type(response)) == (1, C_STORE)
