r"""Run or test Workstation from a checkout; nothing needs to be installed before.

    python3 packaging/dev.py [--yes] run   [arguments of workstation]
    python3 packaging/dev.py [--yes] test  [arguments of pytest]
    python3 packaging/dev.py [--yes] check
    python3 packaging/dev.py [--yes] package linux|windows  [arguments of build_linux.py, build_windows.py]

On Windows ``py packaging\dev.py``. The first use makes a Python environment in ``.venv`` of the checkout. On
Debian and Ubuntu the system packages that Qt and the tests need are installed after asking once; ``--yes``
and ``CI=true`` do not ask. ``check`` runs what continuous integration runs before the tests. ``package``
builds what is installed elsewhere, on Debian 12 for both platforms. The exit status is the program's; 2 for
bad usage or a Python that is too old, 3 when system packages are missing.

Only the standard library, and the syntax of Python 3.8: an old Python must be able to say that it is old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# This folder must never come before the PyPI module "packaging", nor its files before anything else.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "packaging"]

ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "workstation-stamp.json"
OLDEST = (3, 11)
BAD_USAGE, PACKAGES_MISSING = 2, 3

QT_PACKAGES = """
    libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libglib2.0-0 libwayland-client0
    libwayland-cursor0 libwayland-egl1 libx11-6 libx11-xcb1 libxcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-randr0 libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1
    libxcb-util1 libxcb-xfixes0 libxcb-xkb1 libxkbcommon0 libxkbcommon-x11-0
"""
LINUX_PACKAGES = "binutils fonts-dejavu-core debootstrap desktop-file-utils appstream xvfb xauth"
WINDOWS_PACKAGES = "nsis gcc-mingw-w64-x86-64 osslsigncode openssl wine64 xvfb xauth"
TEST_PACKAGES = (
    "dcmtk orthanc dbus-daemon dbus-bin xvfb xauth fonts-dejavu-core fonts-noto-ui-core fonts-wqy-microhei"
)

# While apt runs no service may start: Orthanc's package would open an archive on this computer; nor may it at
# the next boot. Another policy-rc.d is put back; what an earlier run left when it was killed is not another.
INSTALL = r"""
set -e
policy=/usr/sbin/policy-rc.d
if grep -qs 'made by Workstation' "$policy"; then rm -f "$policy"; fi
if [ -e "$policy" ] && [ ! -e "$policy.kept" ]; then mv "$policy" "$policy.kept"; fi
restore() { rm -f "$policy"; if [ -e "$policy.kept" ]; then mv "$policy.kept" "$policy"; fi; }
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '#!/bin/sh\n# made by Workstation\nexit 101\n' > "$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends "$@"
for name in "$@"; do
    if [ "$name" = orthanc ]; then update-rc.d orthanc disable || true; fi
done
"""

CHECKS = (
    ("-m", "ruff", "check", "."),
    ("-m", "ruff", "format", "--check", "."),
    ("-m", "mypy"),
    ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
)

COMMANDS = ("run", "test", "check", "package linux", "package windows")


class Refused(Exception):
    """Something the user has to change; the message says what, ``status`` is the exit status."""

    def __init__(self, message: str, status: int = BAD_USAGE) -> None:
        super().__init__(message)
        self.status = status


def main(arguments: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    try:
        check_python(sys.version_info, sys.executable)
        agreed, command, rest = parse(arguments)
        install_packages(missing_packages(command), agreed or in_ci())
        if command != "package linux":  # which makes one of its own, of the locked wheels alone
            make_environment()
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return refusal.status
    except KeyboardInterrupt:
        return 130
    if command == "run":
        return call(["-P", "-m", "workstation", *rest])
    if command == "test":
        return call(["-P", "-m", "pytest", *rest], cwd=ROOT, env=test_variables())
    if command == "check":
        return check()
    script = ROOT / "packaging" / f"build_{command.split()[1]}.py"
    return call([str(script), *rest], sys.executable if command == "package linux" else "", cwd=ROOT)


def parse(arguments: list[str]) -> tuple[bool, str, list[str]]:
    """Return whether everything is agreed to, the command, and what is passed on."""
    rest = list(arguments)
    agreed = rest[:1] == ["--yes"]
    del rest[: int(agreed)]
    if rest[:1] == ["package"]:
        rest[:2] = [" ".join(rest[:2])]
    if not rest or rest[0] not in COMMANDS or (rest[0] == "check" and rest[1:]):
        raise Refused((__doc__ or "").strip().split("\n\n", 2)[1])
    command = rest.pop(0)
    if rest[:1] == ["--yes"]:
        agreed = True
        del rest[0]
    return agreed, command, rest


def in_ci() -> bool:
    """Whether this is continuous integration, where no question can be asked and no test left out."""
    return os.environ.get("CI", "").lower() in ("true", "1")


def check_python(version: Sequence[Any], executable: str) -> None:
    """Refuse a Python that cannot run the program."""
    if tuple(version[:2]) < OLDEST:
        raise Refused(
            "Workstation needs Python {}.{} or newer; {} is {}.{}. Call this with a newer one, for example"
            " python3.12 packaging/dev.py".format(*OLDEST, executable, *version[:2])
        )


# --- system packages ---------------------------------------------------------------------------------------


def missing_packages(command: str) -> list[str]:
    """Which Debian packages ``command`` lacks here; none where packages are not Debian's."""
    wanted = []
    if importlib.util.find_spec("ensurepip") is None and not is_current():
        if not is_debian():
            raise Refused("This Python has no ensurepip, so it cannot make environments. Install it.")
        wanted.append("python3-venv")
    if is_debian():
        wanted += packages_for(command)
    if not wanted:
        return []
    installed = installed_packages()
    return [name for name in wanted if name not in installed or name == "python3-venv"]


def packages_for(command: str) -> list[str]:
    """Debian packages ``command`` needs beside Python."""
    if command == "package windows":
        return f"{QT_PACKAGES} {WINDOWS_PACKAGES}".split()  # Qt draws the icon
    if command == "package linux":
        # Debian's Python is linked without its shared library, which the frozen program takes along.
        own = "libpython{}.{}".format(*sys.version_info) if sys.base_prefix == "/usr" else ""
        return f"{QT_PACKAGES} {LINUX_PACKAGES} {own}".split()
    if command == "check":
        return []
    return f"{QT_PACKAGES} {TEST_PACKAGES if command == 'test' else ''}".split()


def is_debian() -> bool:
    """Whether apt-get and dpkg rule this computer: Debian, Ubuntu and their children."""
    return sys.platform == "linux" and bool(shutil.which("apt-get") and shutil.which("dpkg-query"))


def installed_packages() -> set[str]:
    """Names of all installed packages, and of those they stand for (libglib2.0-0 became libglib2.0-0t64)."""
    form = "${db:Status-Status}\t${Package}\t${Provides}\n"
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f", form], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    names = set()
    for line in listing.splitlines():
        status, name, provided = line.split("\t")
        if status == "installed":
            names.add(name)
            names.update(entry.split()[0] for entry in provided.split(",") if entry.strip())
    return names


def apt_line(packages: list[str]) -> str:
    """What an administrator has to type."""
    return "apt-get install --no-install-recommends " + " ".join(packages)


def install_packages(packages: list[str], agreed: bool) -> None:
    """Install ``packages``, or refuse with the one line that would."""
    if not packages:
        return
    refusal = Refused(
        "System packages are missing. As root:\n\n    " + apt_line(packages) + "\n", PACKAGES_MISSING
    )
    prefix = privilege(interactive=sys.stdin.isatty())
    if prefix is None or not (agreed or ask(packages)):
        raise refusal
    status = subprocess.run([*prefix, "sh", "-c", INSTALL, "sh", *packages], check=False).returncode
    if status != 0:
        raise refusal


def privilege(interactive: bool) -> list[str] | None:
    """The beginning of a command that runs as root; None when there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    return ["sudo"] if interactive else ["sudo", "-n"]


def ask(packages: list[str]) -> bool:
    """Ask the user at a terminal; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        return False
    print("Workstation needs these system packages:\n\n    " + " ".join(packages) + "\n")
    try:
        return input("Install them now? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


# --- the environment ---------------------------------------------------------------------------------------


def stamp() -> dict[str, str]:
    """What the environment depends on; another value means another environment."""
    return {
        "pyproject": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
        "python": sys.version,
        "base": sys.base_prefix,
        "platform": sysconfig.get_platform(),
        "checkout": str(ROOT),
    }


def is_current() -> bool:
    """Whether the environment was finished, for this checkout and this Python."""
    try:
        return json.loads(STAMP.read_text("utf-8")) == stamp() and python().exists()
    except (OSError, ValueError):
        return False


def python(environment: Path = ENVIRONMENT) -> Path:
    """The environment's interpreter. Its scripts were made under another name: always ``python -m``."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment() -> None:
    """Make the environment unless it is there: under a temporary name, the stamp last."""
    if is_current():
        return
    print(f"Making the Python environment in {ENVIRONMENT} (once) ...", flush=True)
    new = ROOT / f".venv-new-{os.getpid()}"
    try:
        step([sys.executable, "-m", "venv", str(new)], "The Python environment could not be made.")
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        step(
            [str(python(new)), *pip, "--editable", f"{ROOT}[dev]"],
            "The Python packages could not be installed. Check the network, then try again.",
        )
        remove(ENVIRONMENT)
        new.rename(ENVIRONMENT)
        STAMP.write_text(json.dumps(stamp(), indent=1), "utf-8")
    finally:
        remove(new)


def remove(folder: Path) -> None:
    """Remove a folder, if it is there."""
    if folder.exists():
        shutil.rmtree(str(folder))


def step(command: list[str], message: str) -> None:
    """Run one step of the making, or refuse with its message."""
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        raise Refused(message, 1)


# --- running -----------------------------------------------------------------------------------------------


def test_variables() -> dict[str, str]:
    """The tests' environment: where archives can be installed, continuous integration demands them."""
    variables = dict(os.environ)
    if in_ci() and is_debian():
        variables["WORKSTATION_ARCHIVES"] = "demanded"
    return variables


def check() -> int:
    """Run every check, even after one has failed; returns the first status that is not 0."""
    statuses = [call(["-P", *arguments], cwd=ROOT) for arguments in CHECKS]
    return next((status for status in statuses if status != 0), 0)


def call(arguments: Sequence[str], interpreter: str = "", **options: Any) -> int:
    """Run a Python, the environment's unless told, to its end; its exit status, 128 + n for signal n."""
    started: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: started[0].terminate() if started else sys.exit(143))
    # The terminal sends Ctrl-C to the child as well, which ends in its own way. An exception here could come
    # between the end of the child and the keeping of its status, which would be lost.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        child = subprocess.Popen([interpreter or str(python()), *arguments], **options)
        started.append(child)
        status = child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
