"""DCMTK's servers: a poor archive, a worklist, a storage SCP; and the loading of any archive."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydicom import Dataset, dcmwrite

from tests.archives.process import Archive, address, client_options, launch, run
from tests.archives.syntaxes import profile

_AT_ONCE = 400
"""Files on one command line: dcmqridx breaks when it meets more than 500 studies."""


def qrscp(
    folder: Path,
    files: Iterable[Path] = (),
    *,
    ae_title: str = "DCMQRSCP",
    destinations: Mapping[str, int] | None = None,
    destination_host: str = "localhost",
    max_pdu: int = 16384,
    associations: int = 16,
    compressed: bool = False,
    options: Sequence[str] = (),
) -> Archive:
    """Start dcmqrscp on copies of ``files``: no counts, no modalities, at most 500 studies.

    Args:
        folder: Its own, empty folder.
        files: DICOM files it holds from the start, in any transfer syntax.
        ae_title: Its AE title; another called AE title is rejected.
        destinations: C-MOVE destinations: AE title to port.
        destination_host: The computer they are on.
        max_pdu: The largest PDU it takes and sends, 4096 to 131072 bytes.
        associations: How many it serves at once; more are rejected with 2/3/2.
        compressed: Accept every transfer syntax (it still uses a class's first context for each file);
            without it compressed files cannot be fetched.
        options: Further options of dcmqrscp.
    """
    data = folder / "data"
    data.mkdir()
    _index(data, files)
    table = "\n".join(
        f"{name} = ({name}, {destination_host}, {to})" for name, to in (destinations or {}).items()
    )
    if compressed:
        path = folder / "profile.cfg"
        path.write_text(profile("EVERYTHING"), "ascii")
        options = ("-xf", str(path), "EVERYTHING", "EVERYTHING", *options)

    def command(port: int) -> list[str | Path]:
        configuration = folder / "dcmqrscp.cfg"
        configuration.write_text(
            f"NetworkTCPPort = {port}\nMaxPDUSize = {max_pdu}\nMaxAssociations = {associations}\n"
            f"HostTable BEGIN\n{table}\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\n"
            f"AETable BEGIN\n{ae_title} {data} RW (500, 1024mb) ANY\nAETable END\n",
            "utf-8",
        )
        return ["dcmqrscp", "-c", configuration, *options]

    return launch(ae_title, folder, command)


def storescp(out: Path, *options: str, ae_title: str = "STORESCP") -> Archive:
    """Start a storage SCP that takes every transfer syntax into ``out``; its log lies beside that folder."""
    out.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(out.name + ".storescp")
    folder.mkdir()
    return launch(
        ae_title,
        folder,
        lambda port: ["storescp", "-aet", ae_title, "-od", out, "-pm", "+xa", *options, str(port)],
    )


def wlmscpfs(folder: Path, items: Iterable[Dataset], *options: str, ae_title: str = "WORKLIST") -> Archive:
    """Start a modality worklist SCP (PS3.4 K) of ``items``."""
    own = folder / ae_title
    own.mkdir()
    (own / "lockfile").touch()
    for number, item in enumerate(items):
        dcmwrite(own / f"{number:04}.wl", item, enforce_file_format=True)
    return launch(ae_title, folder, lambda port: ["wlmscpfs", "-csk", "-dfp", folder, *options, str(port)])


def send(archive: Archive, files: Iterable[Path]) -> None:
    """Store ``files`` as they are, each in its own transfer syntax (over TLS: uncompressed ones only).

    Raises:
        AssertionError: Something was not stored.
    """
    # dcmsend proposes what the files need, but DCMTK 3.6.7 built it without TLS.
    program = ("dcmsend", "-dn") if archive.tls is None else ("storescu", *client_options(archive))
    for some in _portions(files):
        done = run(*program, *address(archive), *some)
        assert done.status == 0, done.output


def _index(data: Path, files: Iterable[Path]) -> None:
    copies = [shutil.copyfile(file, data / f"{number:06}.dcm") for number, file in enumerate(files)]
    for some in _portions(copies):
        done = run("dcmqridx", data, *some, timeout=300)  # the more there are the longer each takes
        assert done.status == 0, done.output


def _portions(files: Iterable[Path]) -> Iterator[list[Path]]:
    paths = list(files)
    for start in range(0, len(paths), _AT_ONCE):
        yield paths[start : start + _AT_ONCE]
