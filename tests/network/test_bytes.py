"""The bytes of a data set are the same in the file, on the wire, and in the file that was received.

Twelve transfer syntaxes of pydicom's own files, compressed as stored; the summary shows their hashes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.filereader import read_file_meta_info

from tests.archives.data import DOE, uid
from tests.archives.process import HOST, run
from tests.network.listening import listening
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from workstation.dicom.levels import Model
from workstation.network.contexts import GET, query, storage
from workstation.network.file_to_send import read_file_to_send
from workstation.network.get import get
from workstation.network.pdus import Proposal
from workstation.network.requestor import associate
from workstation.network.send import context_for, proposals, store
from workstation.store.folder_sink import FolderSink

SYNTAXES = 12


class Original:
    """A file, read without any code of ours."""

    def __init__(self, path: Path) -> None:
        meta = read_file_meta_info(path)
        self.path = path
        self.sop_class = str(meta.MediaStorageSOPClassUID)
        self.instance = str(meta.MediaStorageSOPInstanceUID)
        self.syntax = str(meta.TransferSyntaxUID)
        self.data = path.read_bytes()[132 + 12 + meta.FileMetaInformationGroupLength :]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:12]


@pytest.fixture
def originals(mixed_study) -> list[Original]:
    found = [Original(path) for path in mixed_study]
    assert len({original.syntax for original in found}) == SYNTAXES
    return found


@pytest.fixture
def same(originals, syntax_table):
    """``same(way, data sets by instance)``: all of them, unchanged; each becomes a row of the table."""

    def check(way: str, received: dict[str, bytes], wanted: list[Original] = originals) -> None:
        assert set(received) == {original.instance for original in wanted}
        for original in wanted:
            assert received[original.instance] == original.data, original.syntax
            syntax_table(way, original.syntax, original.digest)

    return check


def kept(folder: Path) -> dict[str, bytes]:
    """What a folder holds, by instance; the syntax in each file's head belongs to its bytes."""
    found = [Original(path) for path in folder.glob("*.dcm")]
    return {original.instance: original.data for original in found}


def send_all(node, originals: list[Original], stop) -> None:
    files = [read_file_to_send(original.path) for original in originals]
    with associate(node, proposals(files), stop) as association:
        for file in files:
            context = context_for(association, file)
            assert context is not None, file.transfer_syntax
            assert store(association, context, file).status == 0


@pytest.mark.covers("C-STORE", "scripted")
@pytest.mark.parametrize("max_pdu", [4096, 16384, 0])
def test_what_we_send(originals, same, stop, max_pdu):
    received: dict[str, bytes] = {}
    syntaxes: dict[str, str] = {}

    def script(talk: Talk) -> None:
        talk.accept(max_pdu=max_pdu)
        for _ in originals:
            request = talk.message(wire.STORE_RQ)
            assert request.data is not None
            received[request.text(wire.INSTANCE)] = request.data
            syntaxes[request.text(wire.INSTANCE)] = talk.syntaxes[request.context]
            talk.send(wire.response(request, 0))
        talk.released()

    with Server(script) as server:
        send_all(server.node(), originals, stop)
        server.finished()
    same("sent", received)
    assert syntaxes == {original.instance: original.syntax for original in originals}


@pytest.mark.archives
@pytest.mark.covers("C-STORE", "storescp")
def test_what_we_send_to_storescp(originals, same, stop, storescp, tmp_path):
    """Not deflated: DCMTK inflates what it takes, even with +B."""
    out = tmp_path / "out"
    wanted = [original for original in originals if original.syntax != "1.2.840.10008.1.2.1.99"]
    send_all(storescp(out, "+B").node(), wanted, stop)
    same("storescp", {original.instance: original.data for original in map(Original, out.iterdir())}, wanted)


@pytest.mark.covers("C-GET", "scripted")
@pytest.mark.parametrize("size", [1000, 60_000, 1_000_000])
def test_what_we_get(originals, same, stop, tmp_path, size):
    contexts = [Proposal(each.sop_class, (each.syntax,), scu=False, scp=True) for each in originals]

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.GET_RQ)
        for number, original in enumerate(originals):
            talk.send(
                wire.store(
                    2 * number + 1, number, original.instance, original.data, original.sop_class, size=size
                )
            )
            assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.send(wire.response(request, 0))
        talk.released()

    with Server(script) as server:
        with associate(server.node(), contexts + query(GET[Model.STUDY]), stop) as association:
            get(association, Model.STUDY, wish(), FolderSink(tmp_path / "out"))
        server.finished()
    same("C-GET", kept(tmp_path / "out"))


def wish() -> Dataset:
    found = Dataset()
    found.QueryRetrieveLevel = "STUDY"
    found.StudyInstanceUID = uid(DOE.id, "mixed")
    return found


@pytest.mark.archives
@pytest.mark.covers("C-GET", "Orthanc")
@pytest.mark.covers("C-STORE", "Orthanc")
def test_what_orthanc_gives_back(originals, stop, orthanc, tmp_path):
    """Sent and fetched again by series, one of each class: Orthanc stops at an object without context.

    It leaves out padding elements, so only pixels are compared.
    """
    archive = orthanc()
    send_all(archive.node(), originals, stop)
    for sop_class in sorted({original.sop_class for original in originals}):
        series = wish()
        series.QueryRetrieveLevel = "SERIES"
        series.SeriesInstanceUID = uid(DOE.id, "mixed", sop_class)
        contexts = query(GET[Model.STUDY]) + storage([sop_class], 127, fill=False)
        with associate(archive.node(), contexts, stop) as association:
            assert get(association, Model.STUDY, series, FolderSink(tmp_path / "out")).status == 0
    same_pixels(originals, tmp_path / "out")


@pytest.mark.covers("Listener", "scripted")
def test_what_is_sent_to_us(originals, same, tmp_path):
    contexts = {2 * number + 1: (each.sop_class, each.syntax) for number, each in enumerate(originals)}
    with listening(FolderSink(tmp_path / "out")) as scp, client(scp.port) as talk:
        talk.propose(contexts)
        for number, original in enumerate(originals):
            talk.send(
                wire.store(2 * number + 1, number, original.instance, original.data, original.sop_class)
            )
            assert talk.message(wire.STORE_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.release()
    same("listener", kept(tmp_path / "out"))


@pytest.mark.archives
@pytest.mark.covers("Listener", "storescu")
def test_what_storescu_sends_us(originals, tmp_path):
    """DCMTK writes anew what it read, so only pixels are compared."""
    with listening(FolderSink(tmp_path / "out")) as scp:
        done = run("dcmsend", "-aec", "ME", "-dn", HOST, scp.port, *(original.path for original in originals))
        assert done.status == 0, done.output
    same_pixels(originals, tmp_path / "out")


def same_pixels(originals: list[Original], folder: Path) -> None:
    """Compressed as stored; among the others a peer may choose."""
    found = {path.stem: dcmread(path) for path in folder.glob("*.dcm")}
    assert set(found) == {original.instance for original in originals}
    for original in originals:
        image, source = found[original.instance], dcmread(original.path)
        if source.file_meta.TransferSyntaxUID.is_encapsulated:
            assert image.file_meta.TransferSyntaxUID == original.syntax
            assert image.PixelData == source.PixelData
        else:
            assert (image.pixel_array == source.pixel_array).all()
