"""What the pages for developers name exists: files, folders, and names in files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ".github/ARCHITECTURE.md"
PAGES = (PAGE, ".github/CONTRIBUTING.md", "README.md", "workstation/__init__.py")
PACKAGES = sorted(path.parent for path in (ROOT / "workstation").glob("*/__init__.py"))
NO_MODULES = {"detail", "tr"}
"""What docstrings of packages name and is a field or a function."""

_PATH = re.compile(r"(?<![\w./\\-])(?:workstation|tests|packaging)/[\w./-]*[\w/]")
_QUOTED = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)?")


def missing_paths(text: str) -> list[str]:
    """The paths of ours in ``text`` that are not there."""
    return [path for path in _PATH.findall(text) if not (ROOT / path).exists()]


def missing_names(text: str) -> Iterator[str]:
    """What stands in backticks and is neither a path nor defined in the file named last in its paragraph."""
    for paragraph in re.split(r"\n\n|\n(?=[|-])", text):
        file = None
        for quoted in _QUOTED.findall(paragraph):
            if "/" in quoted or (ROOT / quoted).is_file():
                file = quoted
                if not (ROOT / quoted).exists():
                    yield quoted
            elif file is None or not _NAME.fullmatch(quoted) or quoted not in _defined(file):
                yield f"{file} {quoted}"


@cache
def _defined(file: str) -> frozenset[str]:
    if not file.endswith(".py") or not (ROOT / file).is_file():
        return frozenset()
    tree = _parsed(ROOT / file)
    names = set(_bound(tree.body))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names.update(f"{node.name}.{name}" for name in _bound(node.body))
    return frozenset(names)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page):
    assert missing_paths((ROOT / page).read_text(encoding="utf-8")) == []


def test_every_name_is_defined_in_its_file():
    assert list(missing_names((ROOT / PAGE).read_text(encoding="utf-8"))) == []


def test_every_package_is_described():
    packages = {f"workstation/{path.name}/" for path in PACKAGES}
    assert packages <= set(_QUOTED.findall((ROOT / PAGE).read_text(encoding="utf-8")))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_module_a_package_names_exists(package):
    named = re.findall(r"``([a-z][a-z_0-9]*)``", ast.get_docstring(_parsed(package / "__init__.py")) or "")
    modules = {path.stem for folder in (package, package.parent) for path in folder.iterdir()}
    assert set(named) - modules - NO_MODULES == set()


def test_a_renamed_file_or_name_is_found():
    assert missing_paths("see workstation/jobs/runs.py, tests/conftest.py and packaging/gone/") == [
        "workstation/jobs/runs.py",
        "packaging/gone/",
    ]
    text = "`workstation/jobs/run.py` `Run.deliver` `BATCH` `Run.gone`\n\n`Run` `README.md` `.github/NO.md`"
    assert list(missing_names(text)) == ["workstation/jobs/run.py Run.gone", "None Run", ".github/NO.md"]
