"""What comes to the listener is the sample's, or the library's: nothing of a retrieve or a push is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.operations.scripted_archive import SERIES, STUDY
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.targets import Target
from workstation.operations.collection import Collection
from workstation.operations.instance_router import FolderRouter
from workstation.operations.sample_router import InboundRouter, SampleRouter
from workstation.store.sample_cache import SampleCache

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
UID = "1.2.3.4.1"
ARCHIVE = Peer(ae_title="PACS", own_ae_title="ME", address="192.0.2.1", port=104)
HERE = Peer(ae_title="PACS", own_ae_title="ME", address="192.0.2.1", port=40000, called=True)
STRANGER = Peer(ae_title="X", own_ae_title="ME", address="192.0.2.66", port=40000, called=True)
ONE = Target(STUDY, (SERIES,), (UID,))
RETRIEVE_ID = 7


class Setup:
    """Two routers behind one listener."""

    def __init__(self, folder: Path) -> None:
        self.cache = SampleCache(folder / "samples")
        self.library = FolderRouter(folder / "library", reserve=lambda total: 0)
        self.samples = SampleRouter(self.cache)
        self.inbound = InboundRouter(self.library, self.samples)
        self.collection = self.samples.collection(ONE)

    def goes_to(self, peer: Peer, uid: str = UID) -> str:
        incoming = self.inbound.begin(Context(1, CT, EXPLICIT), CT, uid, peer)
        folder = Path(incoming.part).parent  # type: ignore[attr-defined]
        incoming.abort()
        return "sample" if folder == self.cache.folder() else "library"


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    setup = Setup(tmp_path)
    yield setup
    setup.cache.close()


def test_without_a_wait_all_is_the_librarys(setup: Setup) -> None:
    assert setup.goes_to(HERE) == "library"


def test_only_the_awaited_image_of_its_archive_is_the_samples(setup: Setup) -> None:
    with setup.samples.collecting(setup.collection):
        assert setup.goes_to(HERE) == "library"  # nothing was asked for yet
        number = setup.collection.moves_from(ARCHIVE, lambda: 1)
        assert setup.goes_to(HERE) == "sample"
        assert setup.goes_to(HERE, "1.2.3.4.2") == "library"
        assert setup.goes_to(STRANGER) == "library"
        named = replace(STRANGER, move_originator="ME", move_message_id=number)
        assert setup.goes_to(named) == "sample"  # its archive sends from another host
        assert setup.inbound.allowance(HERE) == (True, 1)
    assert setup.goes_to(HERE) == "library"
    assert setup.goes_to(named) == "sample"  # given up, and late: it is refused there, and is no push
    assert setup.goes_to(replace(named, move_originator="OTHER")) == "library"


def test_a_welcome_push_stays_one(setup: Setup) -> None:
    """Its sender may delete it once it is acknowledged: it must not end in a cache."""
    setup.library.welcome = frozenset(("PACS",))
    with setup.samples.collecting(setup.collection):
        number = setup.collection.moves_from(ARCHIVE, lambda: 1)
        assert setup.goes_to(HERE) == "library"
        assert setup.goes_to(replace(HERE, move_originator="ME", move_message_id=number)) == "sample"


def test_a_running_retrieve_of_the_same_study_gets_its_own(setup: Setup) -> None:
    running = Collection(Target(STUDY))
    with setup.library.collecting(running), setup.samples.collecting(setup.collection):
        running.moves_from(ARCHIVE, lambda: RETRIEVE_ID)
        number = setup.collection.moves_from(ARCHIVE, lambda: RETRIEVE_ID)
        assert number != RETRIEVE_ID
        assert setup.goes_to(replace(HERE, move_originator="ME", move_message_id=number)) == "sample"
        assert setup.goes_to(replace(HERE, move_originator="ME", move_message_id=RETRIEVE_ID)) == "library"
        assert setup.goes_to(HERE) == "library"  # nobody can tell: the retrieve must lack nothing
        assert setup.inbound.allowance(HERE) == (True, 2)


def test_a_retrieve_that_came_to_the_same_message_id_goes_first(setup: Setup) -> None:
    running = Collection(Target(STUDY))
    with setup.library.collecting(running), setup.samples.collecting(setup.collection):
        number = setup.collection.moves_from(ARCHIVE, lambda: 1)
        running.moves_from(ARCHIVE, lambda: number)
        assert setup.goes_to(replace(HERE, move_originator="ME", move_message_id=number)) == "library"


def test_each_sample_has_a_message_id_of_its_own(setup: Setup) -> None:
    numbers = {setup.samples.collection(ONE).moves_from(ARCHIVE, lambda: 1) for _ in range(50)}
    assert len(numbers) == 50
    assert all(0x4000 <= number < 0x8000 for number in numbers)


def test_a_folder_that_is_gone_costs_the_image(setup: Setup) -> None:
    folder = setup.cache.folder()
    with contextlib.suppress(FileNotFoundError):
        (folder / "lock").unlink()
    folder.rmdir()
    with setup.samples.collecting(setup.collection):
        setup.collection.moves_from(ARCHIVE, lambda: 1)
        incoming = setup.inbound.begin(Context(1, CT, EXPLICIT), CT, UID, HERE)
        assert incoming.finish() == 0xA700
