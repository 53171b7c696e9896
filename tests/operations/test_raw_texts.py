"""Texts beyond ASCII keep the bytes they were received as, so that they can be decoded again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from tests.archives import data
from tests.archives.process import Archive as Running
from tests.peers import wire
from tests.peers.answering import Answering, series, study
from tests.peers.peer import Server
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import RawText
from workstation.models.name_charsets import NameCharsets
from workstation.operations.sources import Archive
from workstation.stop import Stop

SKULL = "Schädel"
CHEST = "胸部平扫"


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192"])
def test_what_an_archive_sends_can_be_read_otherwise_and_again(
    kind: str, charset: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    files = data.study(tmp_path, 1)
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.SpecificCharacterSet = charset
        dataset.StudyDescription = dataset.SeriesDescription = SKULL
        dataset.save_as(path)
    start: Callable[..., Running] = request.getfixturevalue(kind)
    source = Archive(start(files).node())
    [found] = source.search(Criteria(), Stop())
    [below] = source.series(found, Stop())
    told = [one for one in (found, below) if one.description]
    assert found in told
    assert below.raw_texts == () or below in told
    for one in told:
        [raw] = [text for text in one.raw_texts if text.field == "description"]
        assert one.description == raw.received == SKULL
        names = NameCharsets()
        names.choose(one.source, "ISO_IR 144")
        assert names.read(one).description != SKULL
        names.choose(one.source, "")
        assert names.read(names.read(one)).description == SKULL


def test_plain_texts_keep_nothing_and_detected_ones_their_bytes() -> None:
    """An archive that names no character set and sends GB18030, which is found out."""
    chinese = wire.explicit(
        (0x00080052, "CS", b"STUDY "),
        (0x00081030, "LO", CHEST.encode("gb18030")),
        (0x00100010, "PN", "王^小东".encode("gb18030")),
        (0x00100020, "LO", b"P2"),
        (0x0020000D, "UI", b"1.2.4"),
    )
    peer = Answering(study=[study(b"1.2.3"), chinese], series=[series(b"1.2.3.4", b"1.2.3")])
    with Server(peer.play) as server:
        source = Archive(server.node())
        found = {one.study_uid: one for one in source.search(Criteria(), Stop())}
        [below] = source.series(found["1.2.3"], Stop())
    assert found["1.2.3"].raw_texts == below.raw_texts == ()
    assert found["1.2.4"].raw_texts == (RawText("description", CHEST.encode("gb18030"), CHEST),)
