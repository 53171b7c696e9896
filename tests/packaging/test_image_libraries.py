"""The libraries inside imagecodecs: named with their versions, no more of them than used, none forgotten."""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from itertools import zip_longest
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"

pytestmark = pytest.mark.usefixtures("importable")


@pytest.fixture
def sbom():
    return importlib.import_module("sbom")


@pytest.fixture
def libraries():
    return importlib.import_module("image_libraries")


@pytest.fixture
def metadata() -> Path:
    """The ``.dist-info`` folder of the imagecodecs that is installed here."""
    return Path(str(distribution("imagecodecs").locate_file(f"imagecodecs-{_installed()}.dist-info")))


@pytest.fixture
def bill(sbom, metadata, tmp_path) -> Path:
    sbom.write(tmp_path, "1", 0, [sbom.wheel(metadata), *sbom.inside(metadata)])
    return tmp_path / sbom.BILL


def _installed() -> str:
    return distribution("imagecodecs").version


def components(bill: Path) -> dict[str, str]:
    return {part["name"]: part["version"] for part in json.loads(bill.read_text("utf-8"))["components"]}


def fresh(program: str) -> str:
    """What a new Python prints: not every module of imagecodecs shall come into this one."""
    return subprocess.run(
        [sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True
    ).stdout


def same(one: str, other: str) -> bool:
    """2.18 and 2.18.0 are one version."""
    return all(a == b for a, b in zip_longest(one.split("."), other.split("."), fillvalue="0"))


# --- the bill of materials ---------------------------------------------------------------------------------


def test_the_bill_names_the_libraries_with_the_versions_they_tell(bill):
    told = json.loads(fresh("import imagecodecs, json; print(json.dumps(imagecodecs.version(dict)))"))
    told = {name.replace("_", "-"): version.partition("/")[0] for name, version in told.items()}
    named = components(bill)
    assert set(named) == {"imagecodecs", "charls", "lcms2", "libjpeg-turbo", "openjpeg", "openjph"}
    assert {name: told[name] for name in named if not same(told[name], named[name])} == {}


def test_the_bill_says_which_wheel_brings_them(bill):
    content = json.loads(bill.read_text("utf-8"))
    (brought,) = content["dependencies"]
    refs = {part["bom-ref"] for part in content["components"]}
    assert brought["ref"] == f"pkg:pypi/imagecodecs@{_installed()}"
    assert {brought["ref"], *brought["dependsOn"]} == refs
    assert all(part["purl"].endswith(f"@{part['version']}") for part in content["components"])


def test_each_library_has_its_own_licence_in_the_notices(bill, sbom):
    notices = (bill.parent / sbom.NOTICES).read_text("utf-8")
    for name, version in components(bill).items():
        assert f"\n{name} {version}: LICENSE" in notices


def test_a_library_whose_version_is_not_told_stops_the_build(libraries):
    charls = next(library for library in libraries.LIBRARIES if library.name == "charls")
    line = "- `charls <https://example.org/charls>`_ 2.4.3\n"
    assert libraries.version(charls, f"Build requirements:\n\n{line}- `cmake <x>`_ 3\n") == "2.4.3"
    for description in ("", line.replace("charls <", "charlatan <"), line.replace("2.4.3", "main")):
        with pytest.raises(ValueError, match="which charls is inside"):
            libraries.version(charls, description)


def test_a_bill_that_is_not_true_of_the_program_is_found(bill, libraries, monkeypatch):
    told = [f"{name} {version}" for name, version in components(bill).items() if name != "lcms2"]
    said = f"ok      libraries: Qt 6, {', '.join(told)}, OpenSSL 3 (1 ms)\nok      more\n"
    assert libraries.untold(bill, said) == []
    charls = f"charls {components(bill)['charls']}"
    for other in (f"{charls}1", "charls 0", "more"):
        assert libraries.untold(bill, said.replace(charls, other)) == [charls]
    monkeypatch.setattr(sys, "argv", ["image_libraries.py", str(bill)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("nothing"))
    with pytest.raises(SystemExit, match="not in the program: charls"):
        runpy.run_path(str(PACKAGING / "image_libraries.py"), run_name="__main__")


def test_the_selftest_tells_what_the_bill_names(bill, libraries):
    from workstation.selftest.checks import _libraries

    assert libraries.untold(bill, f"ok      libraries: {_libraries()} (1 ms)\n") == []


# --- what is taken along -----------------------------------------------------------------------------------


def _used() -> Iterator[str]:
    """Functions of imagecodecs that the program names."""
    for path in (ROOT / "workstation").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "imagecodecs":
                yield node.attr


def test_the_modules_that_the_program_uses_are_taken_along_and_no_others(libraries):
    program = f"""
import imagecodecs, sys
for name in {sorted(set(_used()))}:
    function = getattr(imagecodecs, name)
    if name == "jpeg_encode":  # it looks for the module when it is called
        imagecodecs.jpeg8_encode
print(*(module for module in sys.modules if module.startswith("imagecodecs._")))
"""
    loaded = {name.removeprefix("imagecodecs._") for name in fresh(program).split()}
    assert loaded - {"imagecodecs"} == set(libraries.MODULES)


@pytest.mark.skipif(os.name == "nt", reason="there the libraries are linked into the modules, without a name")
def test_no_library_that_they_load_is_missing_in_the_bill(libraries, metadata):
    names = {"jpeg": "libjpeg-turbo", "openjp2": "openjpeg"}
    wanted = [*metadata.parent.glob("imagecodecs/_*.so")]
    found = {path for path in wanted if path.name.split(".")[0][1:] in libraries.MODULES}
    assert len(found) == len(libraries.MODULES)
    loaded: set[str] = set()
    while found:
        content = found.pop().read_bytes()
        for name in {
            match.decode() for match in re.findall(rb"\0(lib[\w+-]+-[0-9a-f]{8}\.so[.\d]*)(?=\0)", content)
        }:
            if name not in loaded:
                loaded.add(name)
                found.add(metadata.parent / "imagecodecs.libs" / name)
    kinds = {re.sub(r"^lib(.+)-[0-9a-f]{8}\.so.*", r"\1", name) for name in loaded}
    assert {names.get(kind, kind) for kind in kinds} == {library.name for library in libraries.LIBRARIES}


# --- bounds, locks, and what is written of them ------------------------------------------------------------


def locked(path: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[_.]", "-", name.lower()): version for name, version in found}


LOCKS = {"3.11": PACKAGING / "linux" / "wheels.lock", "3.13": PACKAGING / "windows" / "wheels.lock"}
"""By the Python of the product."""


@pytest.mark.parametrize("python", LOCKS)
def test_the_locks_hold_what_the_project_asks_for(python):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = locked(LOCKS[python])
    asked = [Requirement(line) for line in project["dependencies"]]
    asked = [
        each for each in asked if each.marker is None or each.marker.evaluate({"python_version": python})
    ]
    names = [re.sub(r"[_.]", "-", each.name.lower()) for each in asked]
    assert len(set(names)) == len(names) == 8
    assert [
        name for name, each in zip(names, asked, strict=True) if versions[name] not in each.specifier
    ] == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.14"])
@pytest.mark.parametrize(
    ("name", "version"),
    [("PySide6-Essentials", "6.11.2"), ("imagecodecs", "2026.1.14"), ("pydicom", "3.0.1")],
)
def test_versions_with_known_holes_are_not_installed(python, name, version):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [Requirement(line) for line in project["dependencies"] if line.startswith(name)]
    (one,) = [
        each for each in asked if each.marker is None or each.marker.evaluate({"python_version": python})
    ]
    assert version not in one.specifier


def test_the_page_on_security_is_about_the_versions_that_are_shipped(bill):
    page = (ROOT / ".github" / "SECURITY.md").read_text("utf-8")
    fetch = importlib.import_module("windows.fetch")
    shipped = locked(LOCKS["3.11"]) | {"Python": fetch.PUBLISHED.version}
    names = ["pyside6-essentials", "imagecodecs", "numpy", "pydicom", "pynetdicom", "Python"]
    if shipped["imagecodecs"] == _installed():  # a newer one from source brings other libraries
        shipped |= components(bill)
        names += components(bill)
    assert [f"{name} {shipped[name]}" for name in names if f"| {name} {shipped[name]} |" not in page] == []
