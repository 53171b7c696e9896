"""Selects the files of Python and of the wheels for the product; what is not named here stays out."""

from __future__ import annotations

import fnmatch
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import image_libraries

_PYTHON_LEFT_OUT = ("python.exe", "pythonw.exe", "python.cat", "python*._pth", "winsound.pyd")

PATHS = "python313.zip\n.\nLib\n"
"""``python313._pth``: where modules are looked for, and nowhere else; no site-packages of anybody's."""

_QT = ("Core", "Gui", "Widgets", "Svg")
_C_LIBRARY = ("msvcp140.dll", "msvcp140_1.dll", "msvcp140_2.dll", "vcruntime140.dll", "vcruntime140_1.dll")
_MODULES = ("*.py",)

# By the wheel's name: patterns of fnmatch, in which * also stands for folders, of what is kept ...
_KEPT = {
    "pyside6_essentials": (
        "PySide6/__init__.py",
        "PySide6/_config.py",
        "PySide6/_git_pyside_version.py",
        "PySide6/pyside6.abi3.dll",
        *(f"PySide6/Qt{name}.pyd" for name in _QT),
        *(f"PySide6/Qt6{name}.dll" for name in _QT),
        *(f"PySide6/{name}" for name in _C_LIBRARY),
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/plugins/platforms/qoffscreen.dll",
        "PySide6/plugins/styles/*.dll",
        "PySide6/plugins/imageformats/qsvg.dll",
        "PySide6/plugins/iconengines/qsvgicon.dll",
    ),
    "shiboken6": (
        "shiboken6/*.py",
        "shiboken6/Shiboken.pyd",
        "shiboken6/shiboken6.abi3.dll",
        *(f"shiboken6/{name}" for name in _C_LIBRARY),
    ),
    "numpy": ("numpy/*.py", "numpy/*.pyd", "numpy.libs/*.dll"),
    "imagecodecs": (
        "imagecodecs/*.py",
        *(f"imagecodecs/_{name}.pyd" for name in image_libraries.MODULES),
        "imagecodecs/licenses/*",
    ),
    "pydicom": ("pydicom/*.py", "pydicom/data/*.json"),
    "pynetdicom": _MODULES,
    "platformdirs": _MODULES,
    "rich": _MODULES,  # its highlighting of code, which needs pygments, is not used
    "typing_extensions": _MODULES,
    "keyring": _MODULES,
    "pywin32_ctypes": _MODULES,
    "jaraco.classes": _MODULES,
    "jaraco_context": _MODULES,
    "jaraco_functools": _MODULES,
    "more_itertools": _MODULES,
}
# ... and of what is not, although it matches.
_LEFT_OUT = (
    "*/tests/*",
    "*/test_files/*",
    "numpy/f2py/*",
    "numpy/testing/_private/extbuild.py",
    "numpy/*_tests.cp*.pyd",
    "numpy/conftest.py",
    "imagecodecs/numcodecs.py",
    "imagecodecs/__main__.py",
    "pynetdicom/apps/*",
    "pynetdicom/benchmarks/*",
    "keyring/testing/*",
)
_ABOUT = ("METADATA", "entry_points.txt", "LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*", "licenses/*")


def of_python(files: dict[str, bytes]) -> dict[str, bytes]:
    """What is kept of an embeddable Python, by path in the product."""
    kept = {name: content for name, content in files.items() if not _matches(name, _PYTHON_LEFT_OUT)}
    if "LICENSE.txt" in kept:
        kept["LICENSE-Python.txt"] = kept.pop("LICENSE.txt")
    return kept | {"python313._pth": PATHS.encode()}


def of_wheel(wheel: Path) -> dict[str, bytes]:
    """What is kept of a wheel, by path in the product."""
    name = wheel.name.partition("-")[0]
    with zipfile.ZipFile(wheel) as archive:
        return {
            f"Lib/{path}": archive.read(path)
            for path in archive.namelist()
            if not path.endswith("/") and _belongs(name, path)
        }


def _belongs(name: str, path: str) -> bool:
    top, _, rest = path.partition("/")
    if top.endswith(".dist-info"):
        return _matches(rest, _ABOUT)
    return _matches(path, _KEPT[name]) and not _matches(path, _LEFT_OUT)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def of_checkout(root: Path) -> dict[str, bytes]:
    """The program itself and what it shows, by path in the product."""
    return {
        **{
            f"Lib/{path.relative_to(root).as_posix()}": path.read_bytes()
            for path in _files(root / "workstation")
        },
        **{
            f"Lib/workstation/_resources/{path.relative_to(root / 'resources').as_posix()}": path.read_bytes()
            for path in _files(root / "resources")
        },
        "Lib/workstation_installed.py": (root / "packaging/windows/workstation_installed.py").read_bytes(),
        "LICENSE.txt": (root / "LICENSE").read_bytes(),
    }


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            yield path


def folders(paths: Iterator[str] | list[str]) -> list[str]:
    """Every folder of these paths, parents first."""
    return sorted({str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."})
