from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workstation.dicom.hours import Hours
from workstation.dicom.nodes import Identity, Node, RetrieveMethod, Secret, Timeouts, Tls, WorklistOffer
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.rate_limit import RateLimit
from workstation.errors import BadInput, NotWritable, TooNew, Unreadable
from workstation.settings import nodes as nodes_module
from workstation.settings.nodes import find_node, load_nodes, save_nodes

PLAIN = Node(name="PACS-A", ae_title="ARCHIVE", host="10.0.0.5", port=104)
FULL = Node(
    name="Größe 大学",
    ae_title="PACS B",
    host="pacs.example",
    port=2762,
    calling_ae_title="ME",
    retrieve=RetrieveMethod.MOVE,
    charset="ISO_IR 100",
    max_pdu=16384,
    associations=4,
    timeouts=Timeouts(retrieve=1800.0),
    tls=Tls("/ca.pem", "/cert.pem", "/key.pem"),
    identity=Identity("reader"),
    rate_limit=RateLimit(20.5, Hours(420, 1080)),
    worklist=WorklistOffer.NO,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "nodes.json"


def test_nodes_come_back_in_their_order(path: Path) -> None:
    save_nodes(path, [FULL, PLAIN])
    assert load_nodes(path) == (FULL, PLAIN)


def test_a_node_of_version_5_has_no_rate_limit(path: Path) -> None:
    node = {"name": "A", "ae_title": "B", "host": "h", "port": 104}
    path.write_text(json.dumps({"version": 5, "nodes": [node]}), "utf-8")
    assert load_nodes(path)[0].rate_limit is None
    assert load_nodes(path)[0].worklist is WorklistOffer.AUTOMATIC


def test_no_file_means_no_nodes(path: Path) -> None:
    assert load_nodes(path) == ()
    assert not path.exists()


def test_a_passcode_is_never_written(path: Path) -> None:
    save_nodes(path, [replace(FULL, identity=Identity("reader", "hunter2"))])
    assert "hunter2" not in path.read_text("utf-8")
    assert "passcode" not in path.read_text("utf-8")
    assert load_nodes(path)[0].identity == Identity("reader")


def test_where_a_passcode_comes_from_is_kept(path: Path) -> None:
    save_nodes(path, [replace(FULL, identity=Identity("reader", "hunter2", Secret.KEPT))])
    assert "hunter2" not in path.read_text("utf-8")
    assert load_nodes(path)[0].identity == Identity("reader", None, Secret.KEPT)


def test_a_file_of_version_1_is_upgraded(path: Path) -> None:
    text = (
        '{"version": 1, "nodes": [{"name": "A", "ae_title": "B", "host": "h", "port": 104,'
        ' "identity": {"user": "reader"}}, {"name": "C", "ae_title": "D", "host": "h", "port": 104}]}'
    )
    path.write_text(text)
    nodes = load_nodes(path)
    assert nodes[0].identity == Identity("reader", None, Secret.NONE)
    assert path.read_text() == text
    save_nodes(path, nodes)
    assert json.loads(path.read_text())["version"] == 6
    assert load_nodes(path) == nodes


@pytest.mark.parametrize(("kept", "read"), [(2, 6), (1, 1), (4, 4)])
def test_a_number_of_associations_that_nobody_had_chosen_is_replaced(
    path: Path, kept: int, read: int
) -> None:
    node = {"name": "A", "ae_title": "B", "host": "h", "port": 104, "associations": kept}
    path.write_text(json.dumps({"version": 4, "nodes": [node]}))
    assert load_nodes(path)[0].associations == read


def test_a_rule_for_priors_is_kept_and_there_was_none_before(path: Path) -> None:
    node = {"name": "A", "ae_title": "B", "host": "h", "port": 104}
    path.write_text(json.dumps({"version": 5, "nodes": [node]}))
    [read] = load_nodes(path)
    assert read.priors is None
    ruled = replace(read, priors=PriorRule(5, Likeness.BODY_PART, 24))
    save_nodes(path, [ruled])
    assert load_nodes(path) == (ruled,)
    text = path.read_text().replace('"body part"', '"smell"')
    path.write_text(text)
    with pytest.raises(Unreadable, match="likeness"):
        load_nodes(path)


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    path.write_text('{"version": 7, "archives": []}')
    with pytest.raises(TooNew) as caught:
        load_nodes(path)
    assert (caught.value.version, caught.value.known) == (7, 6)
    assert path.read_text() == '{"version": 7, "archives": []}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"nodes": []}',
        '{"version": "1", "nodes": []}',
        '{"version": true, "nodes": []}',
        '{"version": 0, "nodes": []}',
        '{"version": 1}',
        '{"version": 1, "nodes": {}}',
        '{"version": 1, "nodes": [], "more": 1}',
        '{"version": 1, "nodes": [7]}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_a_broken_file_is_refused_by_name(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(Unreadable) as caught:
        load_nodes(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"port": "104"}, "port"),
        ({"port": True}, "port"),
        ({"port": 0}, "port"),
        ({"ae_title": "SEVENTEEN LETTERS"}, "AE title"),
        ({"host": None}, "host"),
        ({"retrieve": "wado"}, "retrieve"),
        ({"comment": "x"}, "comment"),
        ({"timeouts": {"connect": "long"}}, "connect"),
        ({"timeouts": {"find": 0}}, "timeout"),
        ({"timeouts": {"find": 1e9}}, "timeout"),
        ({"identity": {"user": "x", "secret": "file"}}, "secret"),
        ({"name": "x" * 65}, "node name"),
        ({"tls": []}, "tls"),
        ({"name": ""}, "node name"),
        ({"name": "Library"}, "node name"),
    ],
)
def test_the_wrong_field_is_named(path: Path, change: dict[str, object], named: str) -> None:
    save_nodes(path, [PLAIN])
    content = json.loads(path.read_text())
    content["nodes"][0].update(change)
    path.write_text(json.dumps(content))
    with pytest.raises(Unreadable, match=named):
        load_nodes(path)


def test_a_missing_field_is_named(path: Path) -> None:
    path.write_text('{"version": 1, "nodes": [{"name": "A", "ae_title": "B", "host": "h"}]}')
    with pytest.raises(Unreadable, match="“port”"):
        load_nodes(path)


def test_two_nodes_of_one_name_are_refused(path: Path) -> None:
    with pytest.raises(BadInput):
        save_nodes(path, [PLAIN, replace(PLAIN, name="pacs-a", port=105)])
    assert not path.exists()


def test_find_node_ignores_case() -> None:
    assert find_node([FULL, PLAIN], "pacs-a") is PLAIN
    assert find_node([FULL, PLAIN], "PACS") is None


def test_a_failed_write_leaves_the_old_file_and_no_part(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_nodes(path, [PLAIN])

    def refuse(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(NotWritable):
        save_nodes(path, [FULL])
    monkeypatch.undo()
    assert load_nodes(path) == (PLAIN,)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_file_is_private(path: Path) -> None:
    save_nodes(path, [PLAIN])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- What no person writes ---------------------------------------------------------------------------

NODE = {"name": "A", "ae_title": "B", "host": "h", "port": 104}
STRANGE: dict[str, dict[str, object]] = {
    "a time-out of 400 digits": {"timeouts": {"connect": 10**400}},
    "a negative one": {"timeouts": {"find": -(10**400)}},
    "a time-out beyond all": {"timeouts": {"find": float("inf")}},
    "no number": {"timeouts": {"find": float("nan")}},
    "a port of 400 digits": {"port": 10**400},
    "a user in half a surrogate pair": {"identity": {"user": "\ud800"}},
    "a user of 70,000 characters": {"identity": {"user": "u" * 70_000}},
    "a user of 300 characters": {"identity": {"user": "u" * 300}},
    "a user of none": {"identity": {"user": ""}},
    "a user with a control character": {"identity": {"user": "a\x1bb"}},
    "a host with an escape": {"host": "\x1b]0;owned\x07"},
    "a host with a C1 control": {"host": "a\x9bb"},
    "a host in half a surrogate pair": {"host": "a\udc80"},
    "a host of 70,000 characters": {"host": "h" * 70_000},
    "a host of 300 characters": {"host": "h" * 300},
    "a domain in half a surrogate pair": {"domain": "\udfff"},
    "a CA path of 70,000 characters": {"tls": {"ca": "/" * 70_000}},
    "a name with a direction": {"name": "a\u202eb"},
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE.keys())
def test_strange_values_are_refused_in_a_message(path: Path, change: dict[str, object]) -> None:
    path.write_text(json.dumps({"version": 3, "nodes": [NODE | change]}))
    with pytest.raises(Unreadable, match=r"nodes\.json") as caught:
        load_nodes(path)
    assert len(str(caught.value)) < 1000


def test_a_passcode_in_the_file_is_refused_and_not_repeated(path: Path) -> None:
    node = NODE | {"identity": {"user": "reader", "passcode": "hunter2"}}
    path.write_text(json.dumps({"version": 3, "nodes": [NODE | {"name": "first"}, node]}))
    with pytest.raises(Unreadable, match="the passcode of node 2 stands in it") as caught:
        load_nodes(path)
    assert "hunter2" not in f"{caught.value} {caught.value.detail}"


def test_no_passcode_in_the_file_is_none(path: Path) -> None:
    path.write_text(
        json.dumps({"version": 3, "nodes": [NODE | {"identity": {"user": "reader", "passcode": None}}]})
    )
    assert load_nodes(path)[0].identity == Identity("reader")


def test_thousands_of_nodes_are_read(path: Path) -> None:
    """As many as the file may hold: the work grows with their number, not with its square."""
    nodes = [Node(name=f"N{number}", ae_title="ARCHIVE", host="h", port=104) for number in range(30_000)]
    lean = [{"name": node.name, "ae_title": "A", "host": "h", "port": 104} for node in nodes]
    path.write_text(json.dumps({"version": 3, "nodes": lean}, separators=(",", ":")))
    folded = []
    fold = nodes_module._folded
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes_module, "_folded", lambda name: folded.append(name) or fold(name))
        assert len(load_nodes(path)) == len(nodes)
    assert len(folded) <= 2 * len(nodes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_file(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="it is no file"):
        load_nodes(path)
