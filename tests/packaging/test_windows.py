"""What goes into the Windows installer, what it deletes again, and what its build refuses."""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"


pytestmark = pytest.mark.usefixtures("importable")


@pytest.fixture
def build():
    return importlib.import_module("build_windows")


@pytest.fixture
def contents():
    return importlib.import_module("windows.contents")


@pytest.fixture
def fetch():
    return importlib.import_module("windows.fetch")


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


# --- what goes in ------------------------------------------------------------------------------------------


def test_every_locked_wheel_has_its_list_of_files(contents, fetch):
    assert {name.partition("-")[0] for name in fetch.locked_wheels()} == set(contents._KEPT)


def test_the_lock_holds_what_the_program_asks_for(fetch):
    from importlib.metadata import version as installed

    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=;]", line)[0].lower().replace("-", "_") for line in wanted}
    locked = dict(name.split("-") for name in fetch.locked_wheels())
    assert names <= set(locked)
    # Both products and the tests are of one kind; a newer one is taken for all together.
    assert locked["pydicom"] == installed("pydicom")
    assert locked["pynetdicom"] == installed("pynetdicom")


def test_only_what_is_listed_is_taken_from_a_wheel(contents, tmp_path):
    wheel = tmp_path / "numpy-2.4.6-cp313-cp313-win_amd64.whl"
    wheel.write_bytes(
        zipped(
            {
                "numpy/__init__.py": b"1",
                "numpy/_core/tests/test_api.py": b"2",
                "numpy/_core/_multiarray_umath.cp313-win_amd64.pyd": b"3",
                "numpy/f2py/rules.py": b"4",
                "numpy/__init__.pyi": b"5",
                "numpy-2.4.6.dist-info/licenses/LICENSE.txt": b"6",
                "numpy-2.4.6.dist-info/METADATA": b"7",
                "numpy-2.4.6.dist-info/RECORD": b"8",
                "../../outside.py": b"9",
            }
        )
    )
    assert contents.of_wheel(wheel) == {
        "Lib/numpy/__init__.py": b"1",
        "Lib/numpy/_core/_multiarray_umath.cp313-win_amd64.pyd": b"3",
        "Lib/numpy-2.4.6.dist-info/licenses/LICENSE.txt": b"6",
        "Lib/numpy-2.4.6.dist-info/METADATA": b"7",
    }


def test_python_keeps_to_itself(contents):
    kept = contents.of_python({"python.exe": b"", "python313._pth": b"import site", "select.pyd": b"x"})
    assert kept == {"select.pyd": b"x", "python313._pth": b"python313.zip\n.\nLib\n"}


def test_the_program_and_its_pictures_are_whole(contents):
    files = contents.of_checkout(ROOT)
    assert "Lib/workstation/__main__.py" in files
    assert "Lib/workstation/_resources/icons/workstation.svg" in files
    assert not [name for name in files if "__pycache__" in name]


# --- where it comes from -----------------------------------------------------------------------------------


def test_another_file_of_that_name_is_refused(fetch, tmp_path):
    product = importlib.import_module("product")
    there = tmp_path / "python.zip"
    there.write_bytes(zipped({"python313.dll": b"genuine"}))
    sha256 = hashlib.sha256(there.read_bytes()).hexdigest()
    wanted = fetch.Python("3.13.0", there.as_uri(), sha256)
    assert fetch.python_files(wanted, tmp_path / "cache") == {"python313.dll": b"genuine"}

    there.write_bytes(zipped({"python313.dll": b"somebody's"}))
    assert fetch.python_files(wanted, tmp_path / "cache") == {"python313.dll": b"genuine"}
    (tmp_path / "cache" / "python.zip").write_bytes(b"broken")
    with pytest.raises(product.BuildFailed, match="has the SHA-256"):
        fetch.python_files(wanted, tmp_path / "cache")
    there.unlink()
    with pytest.raises(product.BuildFailed, match=r"python\.zip"):
        fetch.python_files(wanted, tmp_path / "cache")


def test_of_a_package_around_it_only_the_zip_file_is_looked_at(fetch, tmp_path):
    package = tmp_path / "package.tar.gz"
    inner = zipped({"cp313/python313.dll": b"dll", "other/evil.py": b""})
    with tarfile.open(package, "w:gz") as archive:
        for name, content in {"p/setup.py": b"raise SystemExit", "p/data.zip": inner}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    wanted = fetch.Python(
        "3.13.0",
        package.as_uri(),
        hashlib.sha256(package.read_bytes()).hexdigest(),
        inner="p/data.zip",
        folder="cp313/",
    )
    assert fetch.python_files(wanted, tmp_path / "cache") == {"python313.dll": b"dll"}


def test_published_python_is_python_orgs(fetch):
    assert fetch.PUBLISHED.url.startswith("https://www.python.org/ftp/python/")
    assert len(fetch.PUBLISHED.sha256) == 64
    assert not fetch.PUBLISHED.inner


# --- the installer -----------------------------------------------------------------------------------------


def test_whatever_is_installed_is_deleted_by_name(build):
    paths = ["Lib/pydicom/data/__init__.py", "Lib/pydicom/__init__.py", "LICENSE.txt", "Lib/numpy.libs/a.dll"]
    lines = build.file_list(paths, Path("/stage")).splitlines()
    write, delete = lines[: lines.index("!macroend")], lines[lines.index("!macroend") :]
    assert write.count('SetOutPath "$INSTDIR"') == 1
    for path in paths:
        assert f'File "/stage/{path}"' in write
        assert 'Delete "$INSTDIR\\{}"'.format(path.replace("/", "\\")) in delete
    assert 'Delete "$INSTDIR\\Lib\\pydicom\\__pycache__\\*.cpython-313.pyc"' in delete
    assert "numpy.libs\\__pycache__" not in "".join(delete)
    folders = [line for line in delete if line.startswith("RMDir") and "__pycache__" not in line]
    assert folders == [
        'RMDir "$INSTDIR\\Lib\\pydicom\\data"',
        'RMDir "$INSTDIR\\Lib\\pydicom"',
        'RMDir "$INSTDIR\\Lib\\numpy.libs"',
        'RMDir "$INSTDIR\\Lib"',
    ]


def test_no_folder_of_the_program_is_deleted_with_whatever_is_in_it():
    script = (PACKAGING / "windows/installer.nsi").read_text("utf-8")
    assert set(re.findall(r"RMDir /r (.+)", script)) == {
        f'"$LOCALAPPDATA\\workstation\\{name}"' for name in ("config", "data", "Cache", "Logs")
    }


def test_nothing_is_run_or_deleted_where_no_earlier_installation_is_known():
    script = (PACKAGING / "windows/installer.nsi").read_text("utf-8")
    head, _, rest = script.partition(
        '${If} $Before != ""\n  ${AndIf} ${FileExists} "$Before\\uninstall.exe"\n'
    )
    guarded, _, tail = rest.partition("\n  ${EndIf}\n\n")
    for line in ('ExecWait \'"$Before\\uninstall.exe"', 'Delete "$Before\\uninstall.exe"', 'RMDir "$Before"'):
        assert line in guarded
    assert '"$Before' not in head + tail


def test_a_firewall_rule_is_for_one_program_one_protocol_and_the_own_subnet():
    script = (PACKAGING / "windows/installer.nsi").read_text("utf-8")
    (rule,) = re.findall(r"advfirewall firewall add rule (.*?)'", script, re.DOTALL)
    assert re.sub(r"\\\n\s*", "", rule) == (
        'name="Workstation" dir=in action=allow program="$INSTDIR\\$R0" protocol=TCP profile=private,domain '
        "remoteip=$From"
    )
    assert 'StrCpy $From "LocalSubnet"' in script
    for taken in ('"/From=" $From', '"${UNINSTALL}" "FirewallFrom"\n'):
        assert re.search(re.escape(taken) + r".{0,300}?Call CheckAddresses", script, re.DOTALL)


def test_for_everyone_the_folder_is_checked_before_anything_is_written():
    script = (PACKAGING / "windows/installer.nsi").read_text("utf-8")
    section = script[script.index("\nSection\n") :]
    assert section.split("\n")[2:4] == ["  Call CheckFolder", "  ${If} $R0 == 0"]
    assert "!define MUI_PAGE_CUSTOMFUNCTION_LEAVE TakeFolder\n!insertmacro MUI_PAGE_DIRECTORY" in script


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
def test_the_installer_is_built_without_a_warning(build, tmp_path):
    stage, work = tmp_path / "stage", tmp_path / "work"
    (stage / "Lib").mkdir(parents=True)
    (stage / "Lib" / "module.py").write_text("answer = 42\n")
    work.mkdir()
    (work / "workstation.ico").write_bytes(build.icon(ROOT / "resources/icons/workstation.svg"))
    build.installer(stage, work, tmp_path / "workstation-setup.exe", quick=True)
    assert (tmp_path / "workstation-setup.exe").read_bytes()[:2] == b"MZ"


def test_versions_as_windows_wants_them(build):
    assert build.numbers("1.2.3") == [1, 2, 3, 0]
    assert build.numbers("0.4.0.dev7") == [0, 4, 0, 0]
    assert build.numbers("2") == [2, 0, 0, 0]


def test_the_icon_has_every_size(build):
    made = build.icon(ROOT / "resources/icons/workstation.svg")
    assert build.icon(ROOT / "resources/icons/workstation.svg") == made
    _, kind, count = struct.unpack_from("<HHH", made)
    assert (kind, count) == (1, 8)
    end = 6 + 16 * count
    for index in range(count):
        width, height, _, _, _, bits, size, place = struct.unpack_from("<BBBBHHII", made, 6 + 16 * index)
        assert width == height
        assert bits == 32
        assert place == end
        end += size
        image = made[place:end]
        assert image.startswith(b"\x89PNG" if width == 0 else struct.pack("<Iii", 40, width, 2 * width))
        assert len(set(image)) > 4
    assert end == len(made)


def test_what_has_grown_too_big_is_not_built(build, tmp_path, monkeypatch, capsys):
    for tool in ("x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres", "makensis"):
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build, "_python", lambda _: (build.fetch.FOR_TESTS, {"select.pyd": bytes(1000)}))
    monkeypatch.setattr(build.fetch, "wheels", lambda _: [])
    monkeypatch.setattr(build, "parts", lambda *_: [])
    monkeypatch.setattr(build, "launchers", lambda *_: None)
    monkeypatch.setattr(build, "UNPACKED_MB", 0.0001)
    assert build.main(["--out", str(tmp_path / "out")]) == 1
    assert "the installed program is too big" in capsys.readouterr().err
    monkeypatch.setattr(build, "UNPACKED_MB", 150)
    assert build.main(["--out", str(tmp_path / "out")]) == 1
    assert "makensis failed" in capsys.readouterr().err


def test_missing_tools_are_named(build, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build.main(["--out", str(tmp_path / "out")]) == 1
    assert "apt-get install nsis gcc-mingw-w64-x86-64" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a script of bash, for Wine")
def test_a_smoke_test_that_cannot_run_says_so_and_has_not_passed(tmp_path):
    for tool in ("bash", "realpath", "dirname"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    (tmp_path / "setup.exe").touch()
    done = subprocess.run(
        [str(PACKAGING / "smoke_wine.sh"), str(tmp_path / "setup.exe")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert "SKIPPED, so not passed" in done.stderr


# --- the installed program ---------------------------------------------------------------------------------


def test_the_installed_program_is_the_program(monkeypatch, capsys):
    first = importlib.import_module("windows.workstation_installed")
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    monkeypatch.setattr(sys, "argv", ["workstation-cli.exe", "--version"])
    assert first.main() == 0
    assert capsys.readouterr().out.startswith("workstation ")
    assert sys.frozen == "windows"


def test_all_modules_are_translated_once(monkeypatch, tmp_path):
    first = importlib.import_module("windows.workstation_installed")
    (tmp_path / "Lib/part").mkdir(parents=True)
    (tmp_path / "Lib/part/module.py").write_text("answer = 42\n")
    monkeypatch.setattr(first, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    monkeypatch.setattr(sys, "argv", ["workstation-cli.exe", "precompile"])
    assert first.main() == 0
    (made,) = tmp_path.glob("Lib/part/__pycache__/module.*.pyc")
    assert made.read_bytes()[4:8] == b"\x01\0\0\0"  # by hash, and never compared
    (tmp_path / "Lib/part/module.py").write_text("answer =\n")
    assert first.main() == 1
