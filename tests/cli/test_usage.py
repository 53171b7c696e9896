"""Bad usage: exit status 2, one message on standard error, nothing on standard output."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import workstation as package
from tests.cli.conftest import Said
from workstation.cli.main import main
from workstation.dicom.nodes import Identity, Node, RetrieveMethod, Secret, Tls
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes

Call = Callable[..., Said]
NODE = "PACS@127.0.0.1:11113"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("nonsense", "nonsense"),
        ("find", "NODE"),
        (f"find {NODE} --lev study", "--lev"),
        (f"find {NODE} --level room", "room"),
        (f"find {NODE} --model tree", "tree"),
        (f"find {NODE} --level study --cancel 0", "--cancel"),
        (f"find {NODE} --level study --cancel many", "many"),
        (f"find {NODE}", "--level"),
        (f"find {NODE} -k PatientName=DOE", "--level"),
        (f"find {NODE} --model worklist --level study", "worklist"),
        (f"find {NODE} --level study -k NoSuchThing=1", "NoSuchThing"),
        (f"find {NODE} --level study -k StudyDate=2024-01-02", "YYYYMMDD"),
        (f"find {NODE} --level study -k StudyInstanceUID=1..2", "1..2"),
        (f"find {NODE} --level study -k Modality[0].X=1", "Modality"),
        ("echo PACS", "PACS"),
        ("echo PACS@127.0.0.1", "PACS@127.0.0.1"),
        ("echo PACS@127.0.0.1:0", "“0”"),
        ("echo PACS@127.0.0.1:65536", "65536"),
        ("echo PACS@127.0.0.1:http", "http"),
        ("echo @127.0.0.1:104", "AE title"),
        ("echo A_TITLE_OF_17_MARKS@127.0.0.1:104", "16"),
        ("echo ÄRZTE@127.0.0.1:104", "ASCII"),
        ("echo A\\B@127.0.0.1:104", "backslash"),
        ("echo PACS@:104", "PACS@:104"),
        ("echo PACS@::1:104", "PACS@::1:104"),
        (f"echo {NODE} --aet A_TITLE_OF_17_MARKS", "16"),
        (f"echo {NODE} --max-pdu 100", "PDU"),
        (f"echo {NODE} --max-pdu big", "big"),
        (f"echo {NODE} --timeout 0", "timeout"),
        (f"echo {NODE} --timeout 1e9", "timeout"),
        (f"echo {NODE} --timeout nan", "timeout"),
        (f"echo {NODE} --timeout soon", "soon"),
        (f"echo {NODE} --associations 0", "associations"),
        (f"echo {NODE} --associations 17", "associations"),
        (f"echo {NODE} --tls-ca ca.pem", "--tls"),
        (f"echo {NODE} --tls --tls-key key.pem", "--tls-cert"),
        (f"echo {NODE} --passcode-file secret", "--user"),
        (f"echo {NODE} --user me --passcode-file /does/not/exist", "/does/not/exist"),
        (f"get {NODE}", "--study"),
        (f"get {NODE} --study 1.2.* --out x", "1.2.*"),
        (f"get {NODE} --study 1.2 --series 1.? --out x", "1.?"),
        (f"get {NODE} --study 1.2 --series 1.3 --instance {'9' * 129} --out x", "999"),
        (f"get {NODE} --study é --out x", "é"),
        (f"get {NODE} --level series --out x", "-k"),
        (f"get {NODE} --by PatientID --study 1.2 --out x", "--batch"),
        (f"get {NODE} --batch /does/not/exist --by Modality --out x", "Modality"),
        (f"get {NODE} --batch list --study 1.2 --out x", "--batch"),
        (f"get {NODE} -k NoSuchThing=1 --out x", "NoSuchThing"),
        (f"get {NODE} -k QueryRetrieveLevel=STUDY --out x", "--level"),
        (f"get {NODE} -k PatientID=1 --level series --model patient-study --out x", "patient-study"),
        (f"get {NODE} -k PatientID=1 --level patient --model study --out x", "--model patient"),
        (f"get {NODE} --study 1.2 --instance 1.4 --out x", "series"),
        (f"get {NODE} --study 1.2 --model patient --out x", "--patient"),
        (f"get {NODE} --study 1.2 --series 1.3 --model patient-study --patient P --out x", "patient-study"),
        (f"get {NODE} --study 1.2 --syntax JPEG --out x", "JPEG"),
        (f"get {NODE} --study 1.2 --model worklist", "worklist"),
        (f"move {NODE} --study 1.2 --to OTHER --out x", "OTHER"),
        (f"move {NODE} --study 1.2 --to OTHER --port 11199", "OTHER"),
        (f"move {NODE} --study 1.2 --to A_TITLE_OF_17_MARKS", "16"),
        (f"move {NODE} --study 1.2 --out x --port 70000", "70000"),
        (f"move {NODE} --study 1.2 --to OTHER --listen-tls", "OTHER"),
        (f"move {NODE} --study 1.2 --out x --listen-tls --tls", "--tls-cert"),
        (f"send {NODE} x --listen-tls", "--port"),
        (f"send {NODE} x --commit --port 11199 --listen-tls", "--tls-cert"),
        (f"send {NODE}", "PATH"),
        (f"send {NODE} x --port 11199", "--commit"),
        ("listen --port 0 --out x", "“0”"),
        ("listen --aet A_TITLE_OF_17_MARKS --out x", "16"),
        ("listen --tls --out x", "--tls-cert"),
        ("listen NODE", "NODE"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_it_is_said_in_a_message(
    workstation: Call, line: str, part: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if form == "text":
        said = workstation(*line.split())
        message = said.err.strip()
        assert "\n" not in message
    else:
        said = workstation("--json", *line.split())
        [error] = said.errors
        assert error["status"] is None
        message = error["error"]
    assert said.status == 2
    assert said.out == ""
    assert part in message.replace("\\", "/")
    assert "Traceback" not in message
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("nonsense", ""),
        (f"find {NODE} --lev study", "find"),
        (f"find {NODE} -k PatientName", "find"),
        (f"get {NODE} --level study", "get"),
        ("echo", "echo"),
        ("echo PACS@127.0.0.1:http", "echo"),
        ("send PACS", "send"),
        ("library export 1.2", "library export"),
        ("library list --nonsense", "library list"),
        ("nodes", "nodes"),
        ("nodes add A B", "nodes add"),
    ],
)
def test_it_points_to_the_help_of_its_own_command(workstation: Call, line: str, command: str) -> None:
    said = workstation(*line.split())
    assert said.status == 2
    assert said.err.endswith(f" See “{' '.join(f'workstation {command}'.split())} --help”.\n")
    assert "“”" not in said.err
    assert workstation(*command.split(), "--help").status == 0


@pytest.mark.parametrize(
    "command", ["", "library", "library export", "nodes add", "echo", "find", "get", "move", "send", "listen"]
)
def test_help_goes_to_standard_output(workstation: Call, command: str) -> None:
    said = workstation(*command.split(), "--help")
    assert said.status == 0
    assert said.out.startswith(f"usage: workstation {command}".strip())
    assert said.err == ""


def test_its_version(workstation: Call) -> None:
    assert workstation("--version") == Said(0, f"workstation {package.__version__}\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom workstation.cli.main import main\nmain(['find', '--help'])\n"
        "heavy = {'PySide6', 'numpy', 'pydicom', 'pynetdicom', 'rich', 'sqlite3', 'ssl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def configured(**changes: object) -> Node:
    node = Node(**{"name": "Main", "ae_title": "MAIN", "host": "pacs.invalid", "port": 104} | changes)  # type: ignore[arg-type]
    save_nodes(folders().nodes, [node])
    return node


def asked(monkeypatch: pytest.MonkeyPatch, *line: str) -> Node:
    """The node that ``echo`` would have asked."""
    found: list[Node] = []

    class Enough(Exception):
        pass

    def check(node: Node, *_: object, **__: object) -> None:
        found.append(node)
        raise Enough

    monkeypatch.setattr("workstation.operations.node_check.check", check)
    main(["echo", *line])
    return found[0]


@pytest.mark.logs("bug in echo")
def test_options_override_what_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configured(
        calling_ae_title="OURS", associations=4, tls=Tls("ca", "cert", "key"), identity=Identity("me"),
        retrieve=RetrieveMethod.MOVE, max_pdu=16384, charset="GB18030",
    )  # fmt: skip
    secret = tmp_path / "secret"
    secret.write_text("pass word\n")
    plain = asked(monkeypatch, "main")
    assert plain.name == "Main"
    assert (plain.calling_ae_title, plain.associations, plain.identity) == ("OURS", 4, Identity("me"))
    node = asked(
        monkeypatch, "MAIN", "--aet", "THEIRS", "--timeout", "7", "--associations", "8", "--max-pdu", "0",
        "--tls-ca", "other", "--passcode-file", str(secret),
    )  # fmt: skip
    assert (node.calling_ae_title, node.associations, node.max_pdu) == ("THEIRS", 8, 0)
    assert node.tls == Tls("other", "cert", "key")
    assert node.identity == Identity("me", "pass word")
    gaps = node.timeouts
    assert {gaps.connect, gaps.association, gaps.echo, gaps.find, gaps.retrieve, gaps.store} == {7.0}
    assert (node.charset, node.retrieve) == ("GB18030", RetrieveMethod.MOVE)


@pytest.mark.logs("bug in echo")
def test_a_kept_passcode_is_taken_from_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked_for = []

    def kept(node: str, user: str) -> str:
        asked_for.append((node, user))
        return "from the keyring"

    monkeypatch.setattr("workstation.settings.passcodes.load_passcode", kept)
    configured(identity=Identity("me", secret=Secret.KEPT), tls=Tls())
    assert asked(monkeypatch, "main").identity == Identity("me", "from the keyring", Secret.KEPT)
    assert asked_for == [("Main", "me")]
    (tmp_path / "secret").write_text("another")
    node = asked(monkeypatch, "main", "--passcode-file", str(tmp_path / "secret"))
    assert node.identity == Identity("me", "another")
    assert asked(monkeypatch, "main", "--user", "you").identity == Identity("you")
    assert len(asked_for) == 1


def test_a_passcode_nobody_can_be_asked_for(workstation: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.settings.passcodes.load_passcode", lambda node, user: None)
    for secret in (Secret.KEPT, Secret.ASKED):
        configured(identity=Identity("me", secret=secret), tls=Tls())
        said = workstation("echo", "Main")
        assert said.status == 2
        assert "--passcode-file" in said.err


@pytest.mark.logs("bug in echo")
def test_a_passcode_goes_out_unencrypted_only_with_consent(
    workstation: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("pass word")
    line = ("A@192.0.2.1:104", "--user", "me", "--passcode-file", str(tmp_path / "secret"))
    said = workstation("echo", *line)
    assert said.status == 2
    assert "unencrypted" in said.err
    assert "--passcode-in-clear" in said.err
    assert "pass word" not in said.err
    agreed = asked(monkeypatch, *line, "--passcode-in-clear")
    assert not agreed.lacks_consent
    assert asked(monkeypatch, *line, "--tls").identity == Identity("me", "pass word")
    configured(host="192.0.2.1", identity=Identity("me", in_clear_to="192.0.2.1:104"))
    named = ("main", "--passcode-file", str(tmp_path / "secret"))
    assert not asked(monkeypatch, *named).lacks_consent
    configured(host="192.0.2.1", port=105, identity=Identity("me", in_clear_to="192.0.2.1:104"))
    assert workstation("echo", *named).status == 2


@pytest.mark.logs("bug in echo")
def test_an_address_gets_the_preferred_ae_title(monkeypatch: pytest.MonkeyPatch) -> None:
    folders().settings.write_text(json.dumps({"version": 1, "ae_title": "PREFERRED"}))
    node = asked(monkeypatch, "A@B@[::1]:104", "--tls", "--user", "me")
    assert (node.ae_title, node.host, node.port) == ("A@B", "::1", 104)
    assert node.calling_ae_title == "PREFERRED"
    assert (node.tls, node.identity) == (Tls(), Identity("me"))


def test_an_unknown_name_is_answered_with_the_known_ones(workstation: Call) -> None:
    configured()
    said = workstation("echo", "Mian")
    assert said.status == 2
    assert "Main" in said.err


def test_broken_settings_are_named(workstation: Call) -> None:
    folders().nodes.write_text("{")
    said = workstation("echo", NODE)
    assert said.status == 1
    assert str(folders().nodes) in said.err


@pytest.mark.logs("bug in echo")
def test_a_bug_is_a_message_and_a_log_entry_without_values(
    workstation: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*_: object, **__: object) -> None:
        raise ValueError("NHOJ^EOD"[::-1])  # a traceback quotes this line

    monkeypatch.setattr("workstation.operations.node_check.check", check)
    said = workstation("echo", NODE)
    assert (said.status, said.out) == (1, "")
    assert said.err == "Something went wrong inside the program; its log has the details.\n"
    log = folders().logs / "workstation.log"
    assert "ValueError" in log.read_text()
    assert "DOE" not in log.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_home_is_where_it_is_told(workstation: Call, tmp_path: Path) -> None:
    workstation("--home", tmp_path / "a", "echo", "X")
    workstation("echo", "X", "--home", tmp_path / "b")
    assert [(tmp_path / name / "logs" / "workstation.log").is_file() for name in "ab"] == [True, True]
