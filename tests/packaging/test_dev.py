"""``packaging/dev.py``: what it refuses, installs, makes and passes on; in a checkout of its own."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "packaging" / "dev.py"
posix = pytest.mark.skipif(os.name == "nt", reason="signals and sh are POSIX's")


def load(path: Path):
    spec = importlib.util.spec_from_file_location("dev_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    """A checkout at a path with a space, holding dev.py and a project file."""
    root = tmp_path / "a checkout"
    (root / "packaging").mkdir(parents=True)
    shutil.copyfile(SOURCE, root / "packaging" / "dev.py")
    (root / "pyproject.toml").write_text("[project]\n", "utf-8")
    return root


@pytest.fixture
def dev(checkout):
    return load(checkout / "packaging" / "dev.py")


@pytest.fixture
def finished(checkout, dev):
    """The same checkout with an environment that counts as finished."""
    venv.create(dev.ENVIRONMENT, symlinks=os.name != "nt")
    dev.STAMP.write_text(dev.json.dumps(dev.stamp()), "utf-8")
    return checkout


@pytest.fixture
def start(finished, tmp_path, monkeypatch):
    """Start ``dev.py run`` with a program of the test's own in place of Workstation."""
    modules = tmp_path / "modules"
    modules.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(modules))
    monkeypatch.setenv("PATH", str(modules))  # no apt-get: nothing to install

    def run(program: str, *arguments: str) -> subprocess.Popen:
        (modules / "workstation.py").write_text(program, "utf-8")
        command = [sys.executable, str(finished / "packaging" / "dev.py"), *arguments]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    return run


def test_an_old_python_can_read_it():
    ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))


def test_an_old_python_is_refused_in_words(dev):
    with pytest.raises(dev.Refused, match=r"needs Python 3\.11 or newer; /usr/bin/python3 is 3\.10\."):
        dev.check_python((3, 10, 12, "final", 0), "/usr/bin/python3")
    dev.check_python((3, 11, 0, "final", 0), "/usr/bin/python3")


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [
        (["run"], (False, "run", [])),
        (["run", "find", "PACS", "--yes"], (False, "run", ["find", "PACS", "--yes"])),
        (["--yes", "test", "-k", "x"], (True, "test", ["-k", "x"])),
        (["test", "--yes", "-k", "--yes"], (True, "test", ["-k", "--yes"])),
        (["check"], (False, "check", [])),
        (["--yes", "package", "linux", "--quick"], (True, "package linux", ["--quick"])),
        (["package", "windows"], (False, "package windows", [])),
    ],
)
def test_arguments_are_passed_on(dev, arguments, parsed):
    assert dev.parse(arguments) == parsed


@pytest.mark.parametrize(
    "arguments", [[], ["--yes"], ["build"], ["check", "more"], ["--help"], ["package"], ["package", "os"]]
)
def test_bad_usage_shows_the_usage(dev, capsys, arguments):
    assert dev.main(arguments) == 2
    assert "dev.py [--yes] run" in capsys.readouterr().err


# --- system packages ---------------------------------------------------------------------------------------


@pytest.fixture
def debian(dev, monkeypatch):
    """A computer with apt, on which only ``libegl1`` and what stands for ``libglib2.0-0`` are installed."""
    monkeypatch.setattr(dev, "is_debian", lambda: True)
    monkeypatch.setattr(dev, "installed_packages", lambda: {"libegl1", "libglib2.0-0"})
    return dev


def test_only_missing_packages_are_named(debian):
    missing = debian.missing_packages("run")
    assert "libxcb-cursor0" in missing
    assert not {"libegl1", "libglib2.0-0", "dcmtk"} & set(missing)
    assert {"dcmtk", "orthanc", "xvfb"} <= set(debian.missing_packages("test"))
    assert debian.missing_packages("check") == []
    assert {"debootstrap", "libxcb-cursor0"} <= set(debian.missing_packages("package linux"))
    assert {"nsis", "wine64"} <= set(debian.missing_packages("package windows"))


def test_a_debian_without_ensurepip_is_told_the_package(debian, monkeypatch):
    monkeypatch.setattr(debian.importlib.util, "find_spec", lambda name: None)
    assert "python3-venv" in debian.missing_packages("check")


@pytest.mark.usefixtures("finished")
def test_a_finished_environment_needs_no_ensurepip(debian, monkeypatch):
    monkeypatch.setattr(debian.importlib.util, "find_spec", lambda name: None)
    assert debian.missing_packages("check") == []


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="asks dpkg")
def test_installed_packages_are_dpkgs(dev):
    installed = dev.installed_packages()
    assert "dpkg" in installed
    assert "awk" in installed  # provided by mawk, gawk or another one


@posix
def test_without_rights_one_line_says_all(debian, monkeypatch, capsys):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    assert debian.main(["--yes", "test"]) == 3
    lines = [line for line in capsys.readouterr().err.splitlines() if "apt-get" in line]
    assert len(lines) == 1
    assert lines[0].split()[:3] == ["apt-get", "install", "--no-install-recommends"]
    assert {"libxcb-cursor0", "dcmtk", "orthanc"} <= set(lines[0].split())


@posix
def test_nobody_to_ask_means_no(debian, monkeypatch):
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian.sys, "stdin", open(os.devnull))  # noqa: SIM115, PTH123
    with debian.sys.stdin, pytest.raises(debian.Refused):
        debian.install_packages(["dcmtk"], agreed=False)


@posix
@pytest.mark.parametrize(("interactive", "prefix"), [(True, ["sudo"]), (False, ["sudo", "-n"])])
def test_sudo_asks_for_a_password_only_at_a_terminal(dev, monkeypatch, interactive, prefix):
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert dev.privilege(interactive) == prefix


@pytest.fixture
def install(dev, tmp_path):
    """Run the installing script with an apt-get that notes what it sees; returns status and notes."""
    policy, notes, programs = tmp_path / "policy-rc.d", tmp_path / "notes", tmp_path / "programs"
    programs.mkdir()
    for name, status in (("apt-get", "$STATUS"), ("update-rc.d", "0")):
        stub = programs / name
        stub.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {notes}\n[ -x {policy} ] && {policy}; '
            f'echo "policy $?" >> {notes}\nexit {status}\n'
        )
        stub.chmod(0o755)

    def run(*packages: str, status: int = 0) -> tuple[int, list[str]]:
        done = subprocess.run(
            ["sh", "-c", dev.INSTALL.replace("/usr/sbin/policy-rc.d", str(policy)), "sh", *packages],
            env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "STATUS": str(status)},
            check=False,
        )
        return done.returncode, notes.read_text().splitlines()

    return run


@posix
def test_no_service_starts_while_apt_runs(install, tmp_path):
    status, notes = install("dcmtk", "xvfb")
    assert status == 0
    assert notes == [
        "apt-get update",
        "policy 101",
        "apt-get install -y --no-install-recommends dcmtk xvfb",
        "policy 101",
    ]
    assert not (tmp_path / "policy-rc.d").exists()


@posix
def test_orthanc_does_not_start_at_the_next_boot(install):
    _, notes = install("dcmtk", "orthanc")
    assert "update-rc.d orthanc disable" in notes


@posix
@pytest.mark.parametrize("status", [0, 100])
def test_the_computers_own_policy_comes_back(install, tmp_path, status):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 7\n")
    policy.chmod(0o755)
    assert install("dcmtk", status=status)[0] == status
    assert policy.read_text() == "#!/bin/sh\nexit 7\n"
    assert os.access(policy, os.X_OK)


@posix
def test_what_a_killed_run_left_is_not_taken_for_the_computers_own(install, tmp_path):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\n# made by Workstation\nexit 101\n")
    install("dcmtk")
    assert not policy.exists()


# --- the environment ---------------------------------------------------------------------------------------


def test_a_finished_environment_is_current_until_the_project_changes(finished, dev):
    assert dev.is_current()
    (finished / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    assert not dev.is_current()


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_stamp_is_not_current(dev, text):
    dev.STAMP.write_text(text, "utf-8")
    assert not dev.is_current()


@pytest.mark.usefixtures("finished")
def test_a_moved_checkout_is_not_current(finished, tmp_path):
    finished.rename(tmp_path / "moved")
    assert not load(tmp_path / "moved" / "packaging" / "dev.py").is_current()


def test_the_environment_appears_only_when_it_is_whole(dev, monkeypatch):
    steps = []

    def step(command: list[str], message: str) -> None:
        steps.append(command)
        if command[1:3] == ["-m", "venv"]:
            venv.create(command[3], symlinks=os.name != "nt")
        assert not dev.ENVIRONMENT.exists()

    monkeypatch.setattr(dev, "step", step)
    dev.make_environment()
    assert dev.is_current()
    assert steps[1][1:4] == ["-m", "pip", "install"]
    assert steps[1][-2:] == ["--editable", f"{dev.ROOT}[dev]"]
    dev.make_environment()
    assert len(steps) == 2


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_leaves_no_environment(dev, monkeypatch, capsys, failing):
    commands = []

    def run(command: list[str], **_) -> subprocess.CompletedProcess:
        if command[1:3] == ["-m", "venv"]:
            Path(command[3]).mkdir()
        commands.append(command)
        return subprocess.CompletedProcess(command, int(len(commands) > failing))

    monkeypatch.setattr(dev.subprocess, "run", run)
    monkeypatch.setattr(dev, "missing_packages", lambda command: [])
    assert dev.main(["run"]) == 1
    assert "could not be" in capsys.readouterr().err
    assert not list(dev.ROOT.glob(".venv*"))


def test_the_linux_products_are_built_without_the_environment_of_the_tests(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))  # no apt-get: nothing to install
    script = checkout / "packaging" / "build_linux.py"
    script.write_text("import sys; print(sys.argv[1:]); sys.exit(sys.prefix != sys.argv[1])", "utf-8")
    command = [sys.executable, str(checkout / "packaging" / "dev.py"), "package", "linux", sys.prefix]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{[sys.prefix]}\n", "")
    assert not (checkout / ".venv").exists()


# --- running -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_the_exit_status_is_the_programs(start, status):
    with start(
        "import sys; print(sys.argv[1:]); sys.exit(int(sys.argv[1]))", "run", str(status), "-x"
    ) as run:
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (status, f"['{status}', '-x']\n", "")


WAITS = """
import sys, threading
try:
    print("waiting", flush=True)
    threading.Event().wait(60)
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(5)
"""


@posix
def test_control_c_reaches_the_program_once(start):
    with start(WAITS, "run") as run:
        assert run.stdout.readline() == "waiting\n"
        os.killpg(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (5, "interrupted\n", "")


@posix
def test_an_end_by_signal_is_told(start):
    with start(WAITS, "run") as run:
        assert run.stdout.readline() == "waiting\n"
        run.terminate()
        run.communicate(timeout=30)
    assert run.returncode == 128 + signal.SIGTERM


def test_continuous_integration_demands_the_archives(debian, monkeypatch):
    monkeypatch.delenv("WORKSTATION_ARCHIVES", raising=False)
    monkeypatch.setenv("CI", "true")
    assert debian.test_variables()["WORKSTATION_ARCHIVES"] == "demanded"
    monkeypatch.setenv("CI", "false")
    assert "WORKSTATION_ARCHIVES" not in debian.test_variables()


# --- the folder --------------------------------------------------------------------------------------------


def test_no_file_of_packaging_can_be_imported_by_mistake():
    names = {path.stem for path in SOURCE.parent.rglob("*.py")}
    assert "dev" in names
    assert "__init__" not in names
    assert {name for name in names if importlib.util.find_spec(name)} == set()
    assert Path(importlib.util.find_spec("packaging").origin).parent != SOURCE.parent


def test_its_own_folder_leaves_the_search_path():
    program = (
        "import runpy, sys; folder = sys.argv[1]; sys.path.insert(0, folder);"
        "runpy.run_path(folder + '/dev.py', run_name='other'); sys.exit(folder in sys.path)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(SOURCE.parent)], check=False)
    assert done.returncode == 0
