"""Two tables at the end of a test run; a plugin: with xdist they are printed where nothing is collected.

``@pytest.mark.covers("C-FIND", "Orthanc")`` says which service a test tries with which peer: each pair is
shown with the marks of its tests. What tests give to the fixture ``syntax_table`` is shown as well: the
transfer syntaxes whose bytes were the same on the disk, on the wire and on the disk again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

PEERS = (
    "dcmqrscp", "Orthanc", "Orthanc TLS", "pynetdicom", "wlmscpfs", "storescp", "storescu", "scripted",
)  # fmt: skip
SERVICES = ("C-ECHO", "C-FIND", "Worklist", "C-GET", "C-MOVE", "C-STORE", "Commitment", "Listener")

_COVERS, _SYNTAX = "covers", "syntax"


def peers(service: str, *names: str) -> pytest.MarkDecorator:
    """Parametrise a test by ``peer``: these archives, each counted as one that ``service`` is tried with."""
    marks = [(pytest.mark.archives, pytest.mark.covers(service, name.split(",")[0])) for name in names]
    return pytest.mark.parametrize(
        "peer", [pytest.param(name, marks=both) for name, both in zip(names, marks, strict=True)]
    )


@pytest.fixture
def syntax_table(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """``syntax_table(way, transfer_syntax, hash)``: a row of the table of unchanged bytes."""

    def row(way: str, syntax: str, digest: str) -> None:
        record_property(_SYNTAX, [way, syntax, digest])

    return row


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "covers(service, peer): what a test tries, for the table of services and peers"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers(_COVERS):
            service, peer = mark.args
            assert service in SERVICES, service
            assert peer in PEERS, peer
            item.user_properties.append((_COVERS, [service, peer]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    cells: dict[tuple[str, str], list[str]] = {}
    syntaxes: dict[str, dict[str, str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", ()):
                if name == _COVERS:
                    cells.setdefault(tuple(value), []).append(outcome)
                elif name == _SYNTAX and outcome == "passed":
                    way, syntax, digest = value
                    syntaxes.setdefault(syntax, {})[way] = digest
    if cells:
        _services(terminalreporter, cells)
    if syntaxes:
        _syntaxes(terminalreporter, syntaxes)


def _services(reporter: pytest.TerminalReporter, cells: dict[tuple[str, str], list[str]]) -> None:
    reporter.section("services and peers: tests passed, ✗ failed, s left out, · none")
    widths = [max(len(peer), 7) for peer in PEERS]
    reporter.write_line(
        " " * 11 + " ".join(peer.rjust(width) for peer, width in zip(PEERS, widths, strict=True))
    )
    for service in SERVICES:
        marks = [_mark(cells.get((service, peer), [])) for peer in PEERS]
        row = " ".join(mark.rjust(width) for mark, width in zip(marks, widths, strict=True))
        reporter.write_line(service.ljust(11) + row)


def _mark(outcomes: list[str]) -> str:
    if not outcomes:
        return "·"
    passed = outcomes.count("passed")
    wrong = sum(outcome in ("failed", "error") for outcome in outcomes)
    if wrong:
        return f"✗ {wrong}/{passed + wrong}"
    return f"✓ {passed}" if passed else "s"


def _syntaxes(reporter: pytest.TerminalReporter, found: dict[str, dict[str, str]]) -> None:
    reporter.section("data sets unchanged: transfer syntax, SHA-256 of the bytes")
    ways = sorted({way for row in found.values() for way in row})
    reporter.write_line(" " * 26 + " ".join(way.ljust(12) for way in ways))
    for syntax, row in sorted(found.items()):
        reporter.write_line(syntax.ljust(26) + " ".join(row.get(way, "·").ljust(12) for way in ways))
