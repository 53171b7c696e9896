"""Checks of the code base: imports, what the core loads, fonts, guards of the tests."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ("dicom", "network", "store", "imaging", "settings", "operations", "cli", "errors", "stop")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_imports_point_down(tmp_path):
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run("-c", program, "--cache-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_test_module_is_imported():
    """What several test modules need stands in a module of its own, named after what it offers."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if any(part.startswith("test_") for part in name.split("."))
    ]
    assert not found


def imported(node: ast.AST) -> list[str]:
    """The modules and names that a node imports, with dots."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or ''}.{alias.name}" for alias in node.names]
    return []


def test_no_modules_import_each_other():
    """Also not inside a package, in a function, or under TYPE_CHECKING: import-linter sees none of these."""
    assert list(circles(imports(ROOT))) == []


def test_a_circle_is_found(tmp_path):
    folder = tmp_path / "workstation"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "a.py").write_text("from workstation import b\nimport workstation.d")
    (folder / "b.py").write_text("def late():\n    from workstation.c import C")
    (folder / "c.py").write_text("if TYPE_CHECKING:\n    import workstation.a")
    (folder / "d.py").write_text("from workstation.c import C")
    names = frozenset(f"workstation.{name}" for name in "abcd")
    assert list(circles(imports(tmp_path))) == [names]
    (folder / "c.py").write_text("import os")
    assert list(circles(imports(tmp_path))) == []


def imports(root: Path) -> dict[str, set[str]]:
    """For each module of ours the modules of ours that its source imports, wherever that stands."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (root / "workstation").rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        named = found[name] = set[str]()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named.update(alias.name for alias in node.names if alias.name in files)
            elif isinstance(node, ast.ImportFrom) and node.module in files:
                full = [f"{node.module}.{alias.name}" for alias in node.names]
                named.update(one if one in files else node.module for one in full)
        named.discard(name)
    return found


def circles(graph: dict[str, set[str]]) -> Iterator[frozenset[str]]:
    """The strongly connected components of more than one module."""
    reached = {name: _reached(graph, name) for name in graph}
    seen: set[str] = set()
    for name in sorted(graph):
        circle = frozenset(other for other in reached[name] if name in reached[other])
        if circle and name not in seen:
            seen |= circle
            yield circle


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found, left = set[str](), [start]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return found


WALK = """
import importlib, pkgutil, sys
count = 0
for room in sys.argv[1:]:
    module = importlib.import_module("workstation." + room)
    count += 1
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
        importlib.import_module(found.name)
        count += 1
print(count, sorted(name for name in sys.modules if name.startswith("PySide6")))
"""


def test_the_core_does_not_load_qt():
    done = run("-W", "error", "-c", WALK, *CORE)
    assert done.returncode == 0, done.stderr
    count, loaded = done.stdout.split(maxsplit=1)
    assert int(count) > len(CORE)
    assert loaded == "[]\n"


SAMPLES = {
    "German": "Müller^Jürgen",
    "Greek": "Διονυσιος",
    "Cyrillic": "Жуковский^Дмитрий",
    "Chinese": "王^小东",
    "Traditional Chinese": "王^小東",
    "Japanese": "山田^太郎=やまだ^たろう=ﾔﾏﾀﾞ",
    "Korean": "김^희중",
    "Arabic": "قباني^لنزار",
}


@pytest.mark.skipif(sys.platform == "win32", reason="without a screen Qt sees no fonts on Windows")
@pytest.mark.parametrize("script", SAMPLES)
@pytest.mark.usefixtures("qapp")
def test_names_of_all_scripts_can_be_drawn(script):
    """A character no font has becomes glyph 0: an empty box where a patient's name should be."""
    from PySide6.QtGui import QTextLayout

    layout = QTextLayout(SAMPLES[script])
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    glyphs = [glyph for part in layout.glyphRuns() for glyph in part.glyphIndexes()]
    assert glyphs
    assert 0 not in glyphs


GUARDED = """
import logging, subprocess, sys, threading
import pytest
import tests.conftest

tests.conftest.PATIENCE = 0.1
log = logging.getLogger("workstation.room")
release = threading.Event()

def test_thread():
    threading.Thread(target=release.wait, args=(30,)).start()
def test_daemon():
    threading.Thread(target=release.wait, args=(30,), name="workstation lane", daemon=True).start()
def test_child():
    global child
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
def test_warning(): log.warning("unexpected")
@pytest.mark.logs("never said")
def test_silence(): pass
@pytest.mark.logs("expected")
def test_expected_warning(): log.warning("this is expected")
def test_info(): log.info("nothing"), logging.getLogger("other").warning("not ours")
def test_release():
    release.set()
    child.stdin.close()
    child.wait()
@pytest.mark.archives
def test_archive(): pass
@pytest.mark.screen
def test_screen(): pass
"""


def guarded(tmp_path: Path, *options: str, program: str = GUARDED, **variables: str) -> list[str]:
    file = tmp_path / "test_guarded.py"
    file.write_text(program, "utf-8")
    done = run(
        "-m", "pytest", "-p", "tests.conftest", "-p", "no:randomly", "-p", "no:cacheprovider", "-rA",
        "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), str(file), *options,
        **variables,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_the_guards_bite(tmp_path):
    lines = guarded(tmp_path)
    errors = {line.split("::")[1].split()[0] for line in lines if line.startswith("ERROR")}
    left_by_the_system = set() if sys.platform == "linux" else {"test_child"}
    assert (
        errors
        == {"test_thread", "test_daemon", "test_child", "test_warning", "test_silence"} - left_by_the_system
    )
    assert not [line for line in lines if line.startswith("FAILED")]


def test_missing_programs_are_counted(tmp_path):
    lines = guarded(tmp_path, PATH=str(tmp_path), WORKSTATION_ARCHIVES="")
    counted = [
        line for line in lines if line.startswith("2 tests with real archives or a screen were left out")
    ]
    assert counted
    assert lines.index(counted[0]) == len(lines) - 2, "only pytest's own line may follow"


def test_missing_programs_fail_where_they_are_demanded(tmp_path):
    lines = guarded(tmp_path, PATH=str(tmp_path), WORKSTATION_ARCHIVES="demanded")
    for name in ("test_archive", "test_screen"):
        assert any(line.startswith("ERROR") and name in line for line in lines)


def test_odd_characters_do_not_end_a_parallel_run(tmp_path):
    program = "import logging\ndef test_odd(): logging.getLogger('x').warning('\\udc80'); assert False"
    lines = guarded(tmp_path, "-n", "1", program=program)
    assert "1 failed" in lines[-1]
    assert any("\\udc80" in line for line in lines)
