"""``find --list``: look up each entry of a list in a node, and print a row for each as CSV, or JSON."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import BATCH_KEYS
from workstation.errors import BadInput, Unreadable, UserMessage, WorkstationError

if TYPE_CHECKING:
    from workstation.cli.output import Output
    from workstation.cli.session import Session
    from workstation.dicom.list_entries import ListEntries
    from workstation.dicom.list_results import EntryResult, EntryState, ValueAnswer
    from workstation.dicom.pasted_list import ColumnUse, PastedTable


def add_list_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a list."""
    options = parser.add_argument_group("the entries of a list, each as a row of CSV")
    options.add_argument("--list", type=Path, metavar="FILE", help="lines, or CSV; “-”: standard input")
    options.add_argument(
        "--list-key", choices=BATCH_KEYS, metavar="KEY", help="PatientID, AccessionNumber or StudyInstanceUID"
    )
    options.add_argument(
        "--list-column", metavar="COLUMN", help="number of the column, from 1, or its title; of CSV only"
    )


def find_list(session: Session) -> int:
    """Look up all entries; 0 if the node has answered about each of them in full.

    Raises:
        BadInput: The list or the options are not valid.
        Unreadable: The file cannot be read.
        Cancelled: It was stopped.
    """
    from workstation.dicom.list_results import EntryState, entry_result
    from workstation.operations.list_search import look_up_in_archive

    arguments, output = session.arguments, session.output
    _refuse_others(arguments)
    node = session.node()
    wanted = read_entries(arguments.list, arguments.list_key, arguments.list_column, output)
    printer = _Printer(output, wanted.key)
    answers: dict[str, ValueAnswer] = {}
    states: Counter[EntryState] = Counter()

    def tell(entries: int) -> None:
        """Print those of the next entries that can be judged, in the order of the list."""
        for entry in wanted.entries[states.total() :][:entries]:
            answer = answers.get(entry.value)
            result = entry_result(entry, [node.label], {} if answer is None else {node.label: answer})
            states[result.state] += 1
            printer.print(result)

    error: WorkstationError | None = None
    with session.holding(several=True) as held:
        try:
            for answer in look_up_in_archive(
                node,
                wanted.key,
                wanted.values,
                session.stop,
                quirks=session.quirks,
                observer=session.observer,
                held=held,
            ):
                answers[answer.value] = answer
                while (done := states.total()) < len(wanted.entries):
                    if not wanted.entries[done].fault and wanted.entries[done].value not in answers:
                        break
                    tell(1)
        except WorkstationError as failure:
            error = failure
    tell(len(wanted.entries))
    if error is not None:
        output.known_error(error)
    complete = not any(states[one] for one in (EntryState.FAILED, EntryState.NOT_ASKED, EntryState.INVALID))
    _print_end(output, wanted, states, complete=complete)
    return 0 if complete else 1


class _Printer:
    def __init__(self, output: Output, key: ColumnUse) -> None:
        from workstation.dicom.csv_export import csv_rows
        from workstation.dicom.list_results import FIELDS

        self._output = output
        self._key = key
        if not output.json:
            output.result(csv_rows(FIELDS, [{name: name for name in FIELDS}]).rstrip("\r\n"))

    def print(self, result: EntryResult) -> None:
        """Print an entry: a row for each study; as JSON one object with all of them."""
        from workstation.dicom.csv_export import csv_rows
        from workstation.dicom.list_results import FIELDS, entry_record, records, study_record

        if self._output.json:
            studies = [study_record(study, result.entry) for study in result.studies]
            self._output.value(entry_record(self._key, result) | {"studies": studies})
            return
        for line in csv_rows(FIELDS, records(self._key, result)).splitlines():
            self._output.result(line)


def _print_end(output: Output, wanted: ListEntries, states: Counter[EntryState], *, complete: bool) -> None:
    counted = {state.value: count for state, count in states.items()}
    if output.json:
        output.value({"state": "complete" if complete else "partial", "entries": states.total()} | counted)
    parts = [f"{count} {state}" for state, count in counted.items()]
    left_out = [(wanted.duplicates, "repeated"), (wanted.empty, "empty")]
    parts += [f"{count} {words} and left out" for count, words in left_out if count]
    output.remark(f"{states.total()} entries: {', '.join(parts)}.")


def _refuse_others(arguments: argparse.Namespace) -> None:
    """Refuse options of another kind of query.

    Raises:
        BadInput: One is given.
    """
    others = {
        "-k": arguments.keys,
        "SEARCH": arguments.words,
        "--query": arguments.query,
        "--model": arguments.model,
        "--extract": arguments.extract,
        "--cancel": arguments.cancel,
        "--split-by-date": arguments.split_by_date,
    }
    given = next((name for name, value in others.items() if value), None)
    if given is not None:
        raise BadInput("option", given, "it does not go with --list.")
    if arguments.level not in (None, "study"):
        raise BadInput("level", arguments.level, "lists are of studies.")


def read_entries(path: Path, key: str | None, column: str | None, output: Output) -> ListEntries:
    """The entries of a file.

    Raises:
        BadInput: It is no list, or key or column are not told.
        Unreadable: It cannot be read.
    """
    from workstation.dicom.list_entries import list_entries
    from workstation.dicom.pasted_list import ColumnUse, read_table

    if key is None:
        raise BadInput(
            "list key", "", UserMessage("name it: --list-key {keys}.", keys=" | ".join(BATCH_KEYS))
        )
    table = read_table(_text(path))
    use = ColumnUse(key)
    position, header = _column(table, use, column)
    if header:
        output.remark(f"The first line is a header: “{table.title(position, header=True)}”.")
    uses = tuple(use if number == position else ColumnUse.IGNORED for number in range(table.width))
    entries = list_entries(table, uses, header=header)
    if not entries.entries:
        raise BadInput("list", str(path), "it holds no entry.")
    return entries


def _column(table: PastedTable, use: ColumnUse, column: str | None) -> tuple[int, bool]:
    """The position of the column, and whether the first row is a header.

    Raises:
        BadInput: There is no such column, or it is not told which of several.
    """
    from workstation.dicom.pasted_list import use_named

    titles = table.rows[0] if table.rows else ()
    named = [position for position, title in enumerate(titles) if use_named(title) is use]
    header = any(use_named(title) is not None for title in titles)
    if column is not None and column.isdecimal():
        if not 1 <= int(column) <= table.width:
            raise BadInput("column", column, UserMessage("the list has {n}.", n=table.width))
        return int(column) - 1, header
    if column is not None:
        folded = [title.casefold() for title in titles]
        if column.casefold() not in folded:
            raise BadInput("column", column, "the first line has no such title.")
        return folded.index(column.casefold()), True
    if len(named) == 1:
        return named[0], True
    if table.width > 1:
        raise BadInput("column", "", "the list has several: name one by --list-column.")
    return 0, header


def _text(path: Path) -> str:
    from workstation.dicom.pasted_list import MAX_BYTES, decoded

    try:
        if str(path) == "-":
            return decoded(sys.stdin.buffer.read(MAX_BYTES + 1))
        with path.open("rb") as file:
            return decoded(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
