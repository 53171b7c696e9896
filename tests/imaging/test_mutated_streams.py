"""The generator of damaged frames: the same for the same number, and of every codec."""

from __future__ import annotations

from tests.imaging.mutated_streams import mutant, mutants, wholes


def test_the_same_seed_and_number_make_the_same_frame() -> None:
    some = list(mutants(5, 100, 300))
    assert some == list(mutants(5, 100, 300))
    assert some[17] == mutant(5, 117)
    assert some != list(mutants(6, 100, 300))


def test_every_codec_is_damaged() -> None:
    count = len(wholes())
    whole = {b"".join(one.parts) for one in wholes()}
    frames = list(mutants(1, 0, 20 * count))
    assert {name for name, _, _ in frames} == {one.name for one in wholes()}
    assert sum(data not in whole for _, data, _ in frames) > 0.9 * len(frames)
