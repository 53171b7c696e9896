"""``get`` and ``move`` with ``--batch``: fetch the studies a file lists, and print the outcome of each."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import BATCH_KEYS, models
from workstation.dicom.levels import Level, Model
from workstation.dicom.outcomes import End, Outcome
from workstation.errors import BadInput, NoSuchStudy, Unreadable, UserMessage, WorkstationError

if TYPE_CHECKING:
    from workstation.cli.session import Session
    from workstation.cli.several_studies import Total
    from workstation.dicom.nodes import Node
    from workstation.operations.patient_retrieve import Fetch
    from workstation.operations.selection import SelectionRequest

_ACCESSION = "AccessionNumber"
_MOST_BYTES = 16 * 1024 * 1024
_NOT_FOUND, _SEVERAL = "not found", "several"


def read_batch(arguments: argparse.Namespace) -> Batch:
    """Read the batch file that the arguments name.

    Raises:
        BadInput: It is empty, its key is not known, or other options name studies too.
        Unreadable: The file cannot be read.
    """
    given = arguments.keys or arguments.study or arguments.series or arguments.instance or arguments.patient
    if given or arguments.level is not None:
        advice = "the file names the studies: leave out -k, --level and single UIDs."
        raise BadInput("option", "--batch", advice)
    key, entries = read_entries(arguments.batch, arguments.by)
    return Batch(key, entries, models(arguments))


def read_entries(path: Path, by: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the key of a batch file and its values, each once.

    A file whose header has a column named like the key is CSV, separated by comma, semicolon or tab; else
    each line is a value. Empty lines, and without a header lines that begin with ``#``, are skipped.

    Raises:
        BadInput, Unreadable: As :func:`read_batch`.
    """
    lines = _lines(path)
    header, separator = _header(lines)
    named = [key for key in BATCH_KEYS if key.casefold() in header]
    key = by or next(iter(named), None)
    if key is None:
        raise BadInput("batch", str(path), "name its key: --by, or a header with such a column.")
    if key in named:
        column = header.index(key.casefold())
        rows = csv.reader(lines[1:], delimiter=separator)
        values = [row[column].strip() for row in rows if len(row) > column]
    elif named:
        advice = UserMessage("its header has no column called {key}.", key=key)
        raise BadInput("batch", str(path), advice)
    else:
        values = [line.strip().strip('"').strip() for line in lines if not line.lstrip().startswith("#")]
    entries = tuple(dict.fromkeys(value for value in values if value))
    if not entries:
        raise BadInput("batch", str(path), "it lists nothing.")
    return key, entries


def _header(lines: Sequence[str]) -> tuple[list[str], str]:
    """The first line as column names, in lower case, and the separator."""
    first = lines[0] if lines else ""
    separator = max(",;\t", key=first.count)
    return [name.strip().casefold() for name in next(csv.reader([first], delimiter=separator), [])], separator


def _lines(path: Path) -> list[str]:
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise Unreadable(str(path), "it is too big for a list")
        return [line for line in raw.decode("utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
    except UnicodeDecodeError:
        raise Unreadable(str(path), "it is not text in UTF-8") from None


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries of a file, to be fetched one after the other.

    Attributes:
        key: Keyword of the attribute the values are of.
        entries: The values.
        models: Information models in order of preference.
    """

    key: str
    entries: tuple[str, ...]
    models: tuple[Model, ...]

    def fetch(self, session: Session, node: Node, fetch: Fetch, done: str) -> int:
        """Fetch all, print a line for each entry and the total; return the exit status."""
        from workstation.cli.outcome import as_object, summary
        from workstation.cli.several_studies import Total, fetch_next

        output, total, states = session.output, Total(), []
        for entry in self.entries:
            one = _Entry(self.key, entry, self.models, session, node)
            if fetch_next(total, partial(one.fetch, fetch)) is None:
                break
            states.append(one.state(total))
            one.tell(total.outcomes[-1], states[-1], done)
            if session.stop.requested:
                break
        if total.error is not None:
            output.known_error(total.error)
        good = sum(state in (End.COMPLETE, End.RECEIVED) for state in states)
        summed = total.sum(whole=len(states) == len(self.entries))
        if output.json:
            counts = {"entries": len(self.entries), "done": len(states), "good": good}
            output.value(counts | as_object(summed))
        else:
            kinds = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
            if rest := len(self.entries) - len(states):
                kinds = ", ".join(part for part in (kinds, f"{rest} not tried") if part)
            entries = "1 entry" if len(self.entries) == 1 else f"{len(self.entries)} entries"
            output.result(f"{entries} ({kinds}). {summary(summed, done)}.")
        return 0 if good == len(self.entries) else 1


class _Entry:
    def __init__(self, key: str, value: str, models: tuple[Model, ...], session: Session, node: Node) -> None:
        self._key = key
        self._value = value
        self._models = models
        self._session = session
        self._node = node
        self._requests: list[SelectionRequest] = []
        self._special = ""

    def fetch(self, fetch: Fetch) -> Outcome:
        """Find and fetch the entry; FAILED if there is none, or an accession number of several studies."""
        from workstation.cli.several_studies import FATAL, failed, fetch_parts

        try:
            self._requests = self._find()
        except FATAL:
            raise
        except WorkstationError as error:
            return failed(error)
        if not self._requests:
            self._special = _NOT_FOUND
            return Outcome(end=End.FAILED)
        if len(self._requests) > 1 and self._key == _ACCESSION:
            self._special = _SEVERAL
            return Outcome(end=End.FAILED)
        return fetch_parts(fetch, [target for request in self._requests for target in request.targets])

    def _find(self) -> list[SelectionRequest]:
        """Query for the studies whose key is exactly the value."""
        from pydicom import Dataset

        from workstation.dicom.query_keys import add_key
        from workstation.operations.selection import select

        session, keys = self._session, Dataset()
        if set(self._value) & set("*?\\"):
            raise BadInput(self._key, self._value, "it may not hold wild cards or backslashes.")
        add_key(keys, f"{self._key}={self._value}")
        try:
            selection = select(
                self._node,
                Level.STUDY,
                keys,
                session.stop,
                models=self._models,
                observer=session.observer,
                held=session.held,
            )
        except NoSuchStudy:
            return []
        if self._key == Level.PATIENT.unique_key:
            selection.fitting = [one for one in selection.fitting if one.patient_id == self._value]
        return selection.requests

    def state(self, total: Total) -> str:
        """The outcome in one word."""
        return self._special or total.outcomes[-1].end

    def tell(self, outcome: Outcome, state: str, done: str) -> None:
        """Print the outcome of the entry."""
        from workstation.cli.outcome import as_object, report_failures, summary
        from workstation.cli.output import printable

        output = self._session.output
        studies = [request.study for request in self._requests]
        if output.json:
            named = {"entry": self._value, "key": self._key, "studies": studies}
            output.value(named | as_object(outcome) | {"state": str(state)})
            return
        value = printable(self._value)
        if state == _NOT_FOUND:
            output.result(f"{value}: not found.")
        elif state == _SEVERAL:
            output.result(f"{value}: several studies, none was fetched: {', '.join(studies)}.")
        else:
            words = summary(outcome, done)
            output.result(f"{value}: {words[0].lower()}{words[1:]}.")
            report_failures(output, outcome, done)
