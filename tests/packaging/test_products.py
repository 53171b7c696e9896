"""What both platforms' builds share, and the Linux product's own texts: nothing is built here."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import workstation
from workstation.cli.main import _COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
LINUX = PACKAGING / "linux"


pytestmark = pytest.mark.usefixtures("importable")


@pytest.fixture
def product():
    return importlib.import_module("product")


@pytest.fixture
def sbom():
    return importlib.import_module("sbom")


@pytest.fixture
def libraries():
    return importlib.import_module("linux.libraries")


@pytest.fixture
def icu_tables():
    return importlib.import_module("linux.icu_tables")


# --- one version, one limit --------------------------------------------------------------------------------


def test_the_version_stands_in_one_place(product):
    assert product.version() == workstation.__version__
    texts = [path for path in LINUX.iterdir() if path.is_file() and path.suffix != ".lock"]
    assert not [path.name for path in texts if workstation.__version__ in path.read_text("utf-8")]


@pytest.mark.parametrize(("bytes_", "fits"), [(1_000_000, True), (1_000_001, False)])
def test_what_has_grown_too_big_is_refused(product, tmp_path, bytes_, fits):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"x" * bytes_)
    if os.name != "nt":  # there links are for administrators
        (tmp_path / "link").symlink_to("inner/file")
    if fits:
        product.check_size(tmp_path, 1)
        return
    with pytest.raises(product.BuildFailed, match="its limit is 1 MB"):
        product.check_size(tmp_path, 1)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this system")
def test_the_sums_are_sha256sums(product, tmp_path):
    (tmp_path / "one.deb").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    product.write_sums(tmp_path)
    sums = product.write_sums(tmp_path)  # it does not sum up itself
    subprocess.run(["sha256sum", "--strict", "--check", sums.name], cwd=tmp_path, check=True)
    assert sums.read_text("utf-8").count("\n") == 2


@pytest.mark.skipif(os.name == "nt", reason="a script of sh in the place of GnuPG")
@pytest.mark.parametrize("status", [0, 2])
def test_the_sums_are_signed_only_where_a_key_is_named(product, tmp_path, monkeypatch, capsys, status):
    gpg = tmp_path / "gpg"
    gpg.write_text(f'#!/bin/sh\necho "$@" >"$0.called"\nexit {status}\n')
    gpg.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("WORKSTATION_SIGNING_KEY", raising=False)
    product.sign(tmp_path / "SHA256SUMS")
    assert "not signed" in capsys.readouterr().out
    assert not gpg.with_name("gpg.called").exists()
    monkeypatch.setenv("WORKSTATION_SIGNING_KEY", "ABCD")
    if status:
        with pytest.raises(product.BuildFailed, match="could not be signed"):
            product.sign(tmp_path / "SHA256SUMS")
    else:
        product.sign(tmp_path / "SHA256SUMS")
    called = gpg.with_name("gpg.called").read_text("utf-8")
    assert "--local-user ABCD" in called
    assert called.endswith("--detach-sign " + str(tmp_path / "SHA256SUMS") + "\n")


def test_a_build_takes_the_moment_of_the_commit(product, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert product.moment() == 1_700_000_000
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert product.moment() == product.moment() > 1_700_000_000


# --- bill and notices --------------------------------------------------------------------------------------


def test_bill_and_notices_name_every_part_with_its_licence(sbom, tmp_path):
    qt = [path for path in map(Path, sys.path) for path in path.glob("pyside6_essentials-*.dist-info")]
    sbom.write(
        tmp_path, "1.2.3", 0, [sbom.wheel(qt[0]), sbom.native("SQLite", "3.40", "blessing", "SQLite.txt")]
    )
    bill = json.loads((tmp_path / sbom.BILL).read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    assert [each["name"] for each in bill["components"]] == ["pyside6-essentials", "SQLite"]
    notices = (tmp_path / sbom.NOTICES).read_text("utf-8")
    for text in ("GNU LESSER GENERAL PUBLIC LICENSE", "GNU GENERAL PUBLIC LICENSE", "public domain"):
        assert text in notices


def test_the_bill_is_the_same_each_time(sbom, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        sbom.write(tmp_path / name, "1", 1, [sbom.native("zlib", "1.3", "Zlib", "zlib.txt")])
    assert (tmp_path / "one" / sbom.BILL).read_bytes() == (tmp_path / "two" / sbom.BILL).read_bytes()


def test_a_part_without_a_licence_text_is_refused(sbom, tmp_path):
    with pytest.raises(ValueError, match="no licence text for something"):
        sbom.write(tmp_path, "1", 0, [sbom.native("something", "1", "MIT")])


# --- what is locked ----------------------------------------------------------------------------------------


def locked(path: Path) -> dict[str, str]:
    """Versions by name."""
    found = re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text("utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, version in found}


def test_everything_locked_has_a_hash():
    for name in ("wheels.lock", "tools.lock"):
        text = (LINUX / name).read_text("utf-8")
        entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
        assert entries
        assert all("--hash=sha256:" in entry for entry in entries)


def test_both_platforms_have_the_same_versions():
    linux, windows = locked(LINUX / "wheels.lock"), locked(PACKAGING / "windows" / "wheels.lock")
    assert {name: linux[name] for name in windows if name in linux} == {
        name: version for name, version in windows.items() if name in linux
    }
    assert {"pyside6-essentials", "numpy", "pydicom", "imagecodecs"} <= set(linux) & set(windows)


def test_nothing_under_the_general_public_licence_is_locked():
    assert not set(locked(LINUX / "wheels.lock")) & {"pylibjpeg-libjpeg", "pyqt6", "pyinstaller"}


# --- Linux -------------------------------------------------------------------------------------------------


def test_the_manual_names_every_command():
    manual = (LINUX / "workstation.1").read_text("utf-8").replace("\\-", "-")
    commands = [command.__name__.rpartition(".")[2].replace("_", "-") for command in _COMMANDS]
    for command in (*commands, "open", "selftest"):
        assert f"\n.B {command}" in manual, command


def test_the_metadata_name_what_is_installed():
    root = ElementTree.parse(LINUX / "workstation.metainfo.xml").getroot()
    assert root.findtext("launchable") == "workstation.desktop"
    assert root.findtext("provides/binary") == "workstation"
    assert root.findtext("provides/mediatype") == "application/dicom"
    launcher = (LINUX / "workstation.desktop").read_text("utf-8")
    assert "\nMimeType=application/dicom;\n" in launcher
    assert "\nExec=workstation open %F\n" in launcher


@pytest.mark.parametrize(
    "command",
    [
        ["desktop-file-validate", str(LINUX / "workstation.desktop")],
        *(["sh", "-n", str(path)] for path in [*LINUX.glob("*.sh"), *PACKAGING.glob("*.sh")]),
    ],
    ids=lambda command: Path(command[-1]).name,
)
def test_the_systems_own_tools_find_no_fault(command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if "bash" in Path(command[-1]).read_text("utf-8").splitlines()[0]:
        command = ["bash", *command[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_library_nobody_knows_of_stops_the_build(libraries, product, tmp_path, monkeypatch):
    known = set(libraries.PACKAGES)
    told = (known | {"libc.so.6", "libstdc++.so.6"}, "2.36", "3.4.30")
    monkeypatch.setattr(libraries, "_needed", lambda _: told)
    found = libraries.dependencies(tmp_path)
    assert {"libc6 (>= 2.36)", "libstdc++6 (>= 12)", "libxcb-cursor0"} <= set(found)
    monkeypatch.setattr(libraries, "_needed", lambda _: (known | {"libgtk-3.so.0"}, "2.36", ""))
    with pytest.raises(product.BuildFailed, match="libgtk-3"):
        libraries.dependencies(tmp_path)
    monkeypatch.setattr(libraries, "_needed", lambda _: (known - {"libX11.so.6"}, "2.36", ""))
    with pytest.raises(product.BuildFailed, match=r"does not need.*libX11"):
        libraries.dependencies(tmp_path)


def icu_package(items: dict[str, bytes]) -> bytes:
    """As ICU's own tool packs them: names in order, each content on a multiple of 16."""
    header = struct.pack("<H2sHHBBBB4sBxxx", 32, b"\xda\x27", 20, 0, 0, 0, 2, 0, b"CmnD", 1).ljust(32, b"\0")
    names = b"".join(f"icudt73l/{name}\0".encode() for name in items)
    place = 4 + 8 * len(items)
    first = place + len(names) + -(place + len(names)) % 16
    table, contents = struct.pack("<I", len(items)), b""
    for name, content in items.items():
        table += struct.pack("<II", place, first + len(contents))
        place += len(f"icudt73l/{name}\0")
        contents += content + bytes(-len(content) % 16)
    return header + (table + names).ljust(first, b"\0") + contents


def test_of_icus_tables_only_those_of_other_folders_stay(icu_tables):
    kept = {"coll/root.res": b"c" * 21, "root.res": b"r" * 7, "zoneinfo64.res": b"z" * 16}
    all_of_them = {
        "brkitr/th.res": b"t" * 5,
        "coll/root.res": b"c" * 21,
        "lang/de.res": b"",
        "root.res": b"r" * 7,
    }
    all_of_them |= {"unit/root.res": b"u" * 40, "zone/en.res": b"e", "zoneinfo64.res": b"z" * 16}
    assert icu_tables.without(icu_package(all_of_them), icu_tables.LEFT_OUT) == icu_package(kept)


def test_icus_tables_in_another_form_stop_the_build(icu_tables, product):
    for data in (b"", b"\x7fELF" * 16, icu_package({}).replace(b"CmnD\x01", b"CmnD\x02")):
        with pytest.raises(product.BuildFailed, match="another form"):
            icu_tables.without(data, icu_tables.LEFT_OUT)


def test_what_it_needs_to_run_from_source_it_needs_installed(libraries):
    dev = (PACKAGING / "dev.py").read_text("utf-8")
    packages = set(re.search(r'QT_PACKAGES = """(.*?)"""', dev, re.DOTALL).group(1).split())  # type: ignore[union-attr]
    packages -= {"libwayland-egl1"}  # of a plugin that is not taken along
    assert packages <= set(libraries.PACKAGES.values())
