"""The one table of transfer syntaxes against pydicom's dictionary of the standard."""

from __future__ import annotations

import pytest
from pydicom import uid

from workstation.dicom.transfer_syntaxes import (
    ALL_SYNTAXES,
    DEFLATED,
    EXPLICIT_LE,
    IMPLICIT_LE,
    LOSSLESS_SYNTAXES,
    NATIVE,
    TRANSFER_SYNTAXES,
    TransferSyntax,
    is_encapsulated,
    transfer_syntax,
)

EACH = pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES, ids=lambda syntax: uid.UID(syntax.uid).name)


def test_each_is_declared_once():
    assert len({one.uid for one in TRANSFER_SYNTAXES}) == len(TRANSFER_SYNTAXES)
    assert len(set(ALL_SYNTAXES)) == len(ALL_SYNTAXES)
    assert ALL_SYNTAXES[:2] == (EXPLICIT_LE, IMPLICIT_LE)


@EACH
def test_the_standard_names_it(syntax: TransferSyntax) -> None:
    named = uid.UID(syntax.uid)
    assert named.is_transfer_syntax
    assert named.name != syntax.uid
    assert transfer_syntax(syntax.uid) is syntax


@EACH
def test_it_is_encoded_as_the_standard_says(syntax: TransferSyntax) -> None:
    named = uid.UID(syntax.uid)
    assert syntax.big_endian == (not named.is_little_endian)
    assert syntax.implicit == named.is_implicit_VR
    if "JPIP" in named.name:
        assert syntax.deflated == ("Deflate" in named.name)
    else:
        assert syntax.deflated == named.is_deflated
        assert syntax.encapsulated == is_encapsulated(syntax.uid) == named.is_encapsulated


@EACH
def test_what_its_name_says_of_loss_and_video_is_declared(syntax: TransferSyntax) -> None:
    name = uid.UID(syntax.uid).name
    if "Lossless Only" in name or name in ("RLE Lossless", "JPEG-LS Lossless Image Compression"):
        assert syntax.uid in LOSSLESS_SYNTAXES
    if "Baseline" in name or "Lossy" in name:
        assert syntax.uid not in LOSSLESS_SYNTAXES
    assert syntax.video == any(word in name for word in ("MPEG2", "MPEG-4", "HEVC"))


def test_what_is_not_known_is_taken_for_encapsulated():
    assert transfer_syntax("1.2.3") is None
    assert is_encapsulated("1.2.3")
    assert uid.DeflatedExplicitVRLittleEndian in DEFLATED & NATIVE
