"""C-STORE to real archives, and the file's head (PS3.4 B, PS3.10 7.1)."""

from __future__ import annotations

import pytest
from pydicom import dcmread

from tests.archives.data import uid
from tests.network.one_study import identifier
from tests.network.tables import peers
from workstation.dicom.levels import Model
from workstation.errors import Unreadable
from workstation.network.contexts import FIND, query
from workstation.network.file_to_send import read_file_to_send
from workstation.network.find import Find
from workstation.network.requestor import associate
from workstation.network.send import context_for, proposals, store

ALL = ("dcmqrscp", "Orthanc", "Orthanc TLS", "pynetdicom")


@peers("C-STORE", *ALL)
def test_a_study_is_there_afterwards(archive_of, peer, stop, study):
    key = f"sent {peer}"
    files = [read_file_to_send(path) for path in study(3, key=key)]
    with associate(archive_of(peer).node(), proposals(files) + query(FIND[Model.STUDY]), stop) as association:
        for file in files:
            context = context_for(association, file)
            assert context is not None
            assert store(association, context, file).status == 0
        keys = identifier(
            "IMAGE",
            StudyInstanceUID=uid("ENG-1", key),
            SeriesInstanceUID=uid("ENG-1", key, 1),
            SOPInstanceUID="",
        )
        found = {row.data_set().SOPInstanceUID for row in Find(association, Model.STUDY, keys)}
    assert found == {file.sop_instance for file in files}


@pytest.mark.archives
@pytest.mark.covers("C-STORE", "storescp")
def test_storescp_receives_the_bytes(storescp, stop, study, tmp_path):
    """With +B it writes what it gets."""
    out = tmp_path / "out"
    archive = storescp(out, "+B")
    files = [read_file_to_send(path) for path in study(3, size=300)]
    with associate(archive.node(max_pdu=4096), proposals(files), stop) as association:
        for file in files:
            context = context_for(association, file)
            assert context is not None
            assert store(association, context, file).status == 0
    received = {read_file_to_send(path).sop_instance: read_file_to_send(path) for path in out.iterdir()}
    for file in files:
        other = received[file.sop_instance]
        assert other.path.read_bytes()[other.offset :] == file.path.read_bytes()[file.offset :]


@pytest.mark.archives
def test_a_class_the_peer_does_not_take(dcmqrscp, stop, mixed_study):
    """dcmqrscp takes no compressed images by default; what it does not take has no context."""
    files = [read_file_to_send(path) for path in mixed_study]
    with associate(dcmqrscp().node(), proposals(files), stop) as association:
        taken = [context_for(association, file) for file in files]
    assert None in taken
    assert any(taken)


def test_the_head_of_a_file(mixed_study):
    for path in mixed_study:
        found, meta = read_file_to_send(path), dcmread(path).file_meta
        assert found.sop_class == meta.MediaStorageSOPClassUID
        assert found.sop_instance == meta.MediaStorageSOPInstanceUID
        assert found.transfer_syntax == meta.TransferSyntaxUID
        assert found.offset == 132 + 12 + meta.FileMetaInformationGroupLength
        assert found.offset + found.length == path.stat().st_size


def test_every_truncation_of_a_head_is_told(study, tmp_path):
    (path,) = study(1)
    whole = path.read_bytes()
    offset = read_file_to_send(path).offset
    cut = tmp_path / "cut.dcm"
    for length in range(offset + 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(Unreadable):
            read_file_to_send(cut)


def test_every_byte_of_a_head_changed_is_read_or_told(study, tmp_path):
    (path,) = study(1)
    whole = path.read_bytes()
    offset = read_file_to_send(path).offset
    changed = tmp_path / "changed.dcm"
    told = 0
    for position in range(offset):
        changed.write_bytes(whole[:position] + bytes((whole[position] ^ 0xFF,)) + whole[position + 1 :])
        try:
            found = read_file_to_send(changed)
        except Unreadable:
            told += 1
        else:
            size = len(whole) - found.offset
            assert found.length == size + size % 2
    assert told


@pytest.mark.parametrize("content", [b"", b"DICM", bytes(132), bytes(128) + b"DICM", bytes(200_000)])
def test_what_is_no_dicom_file(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        read_file_to_send(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Unreadable):
        read_file_to_send(tmp_path / "missing")
    with pytest.raises(Unreadable):
        read_file_to_send(tmp_path)
