"""Of the transfer syntaxes of a context the listener takes the one by which least is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pynetdicom import AE

from tests.archives.process import run
from tests.network.conversations import MemorySink
from tests.network.listening import listening
from tests.peers import wire
from tests.store.objects import made
from workstation.dicom.transfer_syntaxes import DEFLATED_LE, EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE
from workstation.network.acceptor import choose_syntax

E, I, B, D = EXPLICIT_LE, IMPLICIT_LE, EXPLICIT_BE, DEFLATED_LE  # noqa: E741
LOSSY, LOSSY_2, LOSSLESS, LOSSLESS_2 = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 91, 70, 90))


@pytest.mark.parametrize(
    ("proposed", "chosen"),
    [
        ((I, E), E),
        ((B, I), I),
        ((B, I, E), E),
        ((D, E, B, I), D),
        ((E, D), E),
        ((I, D), D),
        ((LOSSLESS, E, I), LOSSLESS),
        ((E, B, I, LOSSLESS), LOSSLESS),
        ((I, E, LOSSY), E),
        ((LOSSY, E, I), LOSSY),
        ((LOSSY,), LOSSY),
        ((I, E, LOSSY, LOSSLESS, LOSSY_2), E),
        ((LOSSLESS, LOSSY, E, I), LOSSLESS),
        ((LOSSY, LOSSLESS, E, I), E),
        ((LOSSY, LOSSLESS_2, LOSSLESS), LOSSLESS_2),
        ((LOSSY_2, LOSSY), LOSSY_2),
        (("1.2.3.4", LOSSY, "1.2.3.5"), LOSSY),
        (("1.2.3.4",), None),
        ((), None),
    ],
)
def test_the_choice(proposed: tuple[str, ...], chosen: str | None) -> None:
    assert choose_syntax(wire.CT, proposed) == chosen


@pytest.mark.archives
def test_what_dcmsend_holds_comes_as_it_is(mixed_study: list[Path]) -> None:
    """It lists what a file is stored in before the plain syntaxes it can decompress it into."""
    sink = MemorySink()
    with listening(sink) as scp:
        done = run("dcmsend", "127.0.0.1", scp.port, *mixed_study)
        assert done.status == 0, done.output
    stored = {image.SOPInstanceUID: image.file_meta.TransferSyntaxUID for image in map(dcmread, mixed_study)}
    came = {uid: context.transfer_syntax for uid, context in sink.contexts.items()}
    assert came == {uid: E if syntax in (I, B) else syntax for uid, syntax in stored.items()}


@pytest.mark.parametrize("proposed", [[I, E], [I, E, B, LOSSY, LOSSLESS_2, LOSSLESS]])
def test_private_elements_of_a_sender_that_lists_implicit_first_keep_their_vr(proposed: list[str]) -> None:
    image: Dataset = made("1.2.3.4", "1.2.3", "1.2.3.1", SOPClassUID=wire.CT)
    image.add_new(0x00091001, "DS", "1.5")
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = E
    sink = MemorySink()
    with listening(sink) as scp:
        ae = AE("SENDER")
        ae.add_requested_context(wire.CT, proposed)
        association = ae.associate("127.0.0.1", scp.port)
        assert association.send_c_store(image).Status == 0
        association.release()
    assert sink.contexts["1.2.3.4"].transfer_syntax == E
    assert b"\x09\x00\x01\x10DS" in sink.objects["1.2.3.4"]
