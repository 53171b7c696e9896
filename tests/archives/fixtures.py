"""The fixtures: factories of archives that end with their test, and the studies to put into them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset

from tests.archives import data, dcmtk, orthanc, process, pynetdicom_scp
from tests.archives.process import LASTING, Archive, Result, run
from tests.archives.tls import Authority

Start = Callable[..., Archive]


@contextlib.contextmanager
def _started() -> Iterator[Callable[[Archive], Archive]]:
    with contextlib.ExitStack() as running:

        def keep(archive: Archive) -> Archive:
            running.callback(archive.kill)
            return archive

        yield keep


@pytest.fixture(name="dcmqrscp")
def _dcmqrscp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Factory: ``dcmqrscp(files, destinations={AET: port}, ...)``, see :func:`dcmtk.qrscp`."""
    with _started() as keep:
        yield lambda files=(), **how: keep(dcmtk.qrscp(tmp_path_factory.mktemp("dcmqrscp"), files, **how))


@pytest.fixture(name="orthanc")
def _orthanc(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Factory: ``orthanc(files, tls=False, destinations={AET: port}, LimitFindResults=10, ...)``.

    See :func:`orthanc.start`; ``tls`` takes the ``authority`` fixture's certificates.
    """

    def start(files: Iterable[Path] = (), *, tls: bool = False, **how: Any) -> Archive:
        if tls:
            how["authority"] = request.getfixturevalue("authority")
        archive = keep(orthanc.start(tmp_path_factory.mktemp("orthanc"), **how))
        dcmtk.send(archive, files)
        return archive

    with _started() as keep:
        yield start


@pytest.fixture(scope="session")
def shared_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """One plain Orthanc for all tests: it holds what they put into it, so ask only for your own UIDs."""
    archive = orthanc.start(tmp_path_factory.mktemp("shared-orthanc"))
    LASTING.add(archive.process.pid)
    yield archive
    archive.kill()


@pytest.fixture(name="storescp")
def _storescp() -> Iterator[Start]:
    """Factory: ``storescp(out_dir, *options, ae_title="STORESCP")``."""
    with _started() as keep:
        yield lambda out, *options, **how: keep(dcmtk.storescp(out, *options, **how))


@pytest.fixture(name="wlmscpfs")
def _wlmscpfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Factory: ``wlmscpfs(items, *options)``; without items those of :func:`data.worklist`."""

    def start(items: Iterable[Dataset] | None = None, *options: str, **how: Any) -> Archive:
        wanted = data.worklist() if items is None else items
        return keep(dcmtk.wlmscpfs(tmp_path_factory.mktemp("wlmscpfs"), wanted, *options, **how))

    with _started() as keep:
        yield start


@pytest.fixture(name="pynetdicom_scp")
def _pynetdicom_scp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Factory: ``pynetdicom_scp(files, destinations={AET: port}, commitment="same")``."""
    with _started() as keep:
        yield lambda files=(), **how: keep(
            pynetdicom_scp.start(tmp_path_factory.mktemp("pynetdicom"), files, **how)
        )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The certificate authority that test archives trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"), "Stranger")


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that finds a TCP port on which nothing listens."""
    return process.free_port


@pytest.fixture(scope="session")
def client() -> Callable[..., Result]:
    """``client("getscu", archive, "-S", "-k", "StudyInstanceUID=…", folder=tmp_path).output``.

    A DCMTK client against an archive: AE titles, address and TLS are filled in; ``files`` come last on its
    command line; ``folder`` and ``timeout`` as for :func:`process.run`.
    """

    def call(
        program: str, archive: Archive, *options: object, files: Iterable[Path] = (), **how: Any
    ) -> Result:
        *titles, host, port = process.address(archive)
        tls = process.client_options(archive)
        return run(program, *tls, *titles, *options, host, port, *files, **how)

    return call


@pytest.fixture(scope="session")
def store() -> Callable[[Archive, Iterable[Path]], None]:
    """``store(archive, files)``: put files into an archive as they are (dcmsend)."""
    return dcmtk.send


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five patients in five character sets, a CT study of two images each; files not to be changed."""
    return data.patients(tmp_path_factory.mktemp("patients"))


@pytest.fixture(scope="session")
def mixed_study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One study in twelve transfer syntaxes; files not to be changed."""
    return data.mixed_study(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Path]]:
    """Factory: ``study(images=3, patient=…, key="1", series=1, size=64)``, see :func:`data.study`."""
    return lambda images=3, **how: data.study(tmp_path_factory.mktemp("study"), images, **how)
