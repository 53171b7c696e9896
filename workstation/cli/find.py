"""``workstation find``: send a C-FIND with exactly the given keys (what ``findscu`` does)."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.arguments import count, node_options
from workstation.cli.find_list import add_list_options, find_list
from workstation.cli.saved_find import find_as_saved, list_saved, saved_options
from workstation.dicom.levels import Level, Model
from workstation.dicom.outcomes import End
from workstation.dicom.uids import is_uid
from workstation.errors import BadInput
from workstation.stop import Cancelled

if TYPE_CHECKING:
    from pydicom import Dataset

    from workstation.cli.answer_check import AnswerCheck
    from workstation.cli.output import Output
    from workstation.cli.session import Session
    from workstation.dicom.lenient_dataset import Element
    from workstation.dicom.nodes import Node
    from workstation.network.find import FindResponse
    from workstation.operations.find import RawFind

SUMMARY = "Query a node and print its answers"

_OPTIONS = {
    "relational": "relational queries: any key at any level",
    "combined_times": "dates and times of a range together are one range from moment to moment",
    "fuzzy_names": "names match by similarity",
    "time_zone": "dates and times are those of this computer's time zone, which is sent",
}


_TIMES_OF_SPAN = "a span of several days with times needs --combined-times, and a node that agrees to it."
_TIMES_OF_DAYS = (
    "with --combined-times hours of each day cannot be asked for; write a span, or leave that out."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``find``."""
    node_options(parser, needed=False)
    parser.add_argument(
        "words", nargs="?", metavar="SEARCH",
        help="a search for studies in one line, as in the window: \"doe j ct last 2w\", acc:A123",
    )  # fmt: skip
    saved_options(parser)
    options = parser.add_argument_group("the query")
    options.add_argument("--level", choices=("patient", "study", "series", "image"), help="query level")
    options.add_argument("--model", choices=[model.value for model in Model], help="information model")
    options.add_argument(
        "-k", action="append", default=[], metavar="KEY[=VALUE]", dest="keys",
        help="keyword, gggg,eeee or a path like Sequence[0].Keyword; without value: to be returned",
    )  # fmt: skip
    options.add_argument("--query", type=Path, metavar="FILE", help="DICOM file with the keys; -k adds to it")
    options.add_argument("--extract", type=Path, metavar="DIR", help="write each answer to DIR/rspNNNN.dcm")
    how = options.add_mutually_exclusive_group()
    how.add_argument("--cancel", type=count, metavar="N", help="send C-CANCEL after N answers")
    how.add_argument(
        "--split-by-date", action="store_true",
        help="where an archive limits its answers: ask for studies by halves of the period",
    )  # fmt: skip
    add_list_options(parser)
    negotiated = parser.add_argument_group("by extended negotiation, if the node agrees")
    for name, words in _OPTIONS.items():
        negotiated.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=words)


def run(session: Session) -> int:
    """Make a saved search, list those, look up a list, or query a node."""
    arguments = session.arguments
    if arguments.list_saved:
        return list_saved(session)
    if arguments.saved is not None:
        return find_as_saved(session)
    if arguments.node is None:
        raise BadInput("NODE", "", "write AET@host:port, or a configured name.")
    if arguments.list is not None:
        return find_list(session)
    if arguments.list_key or arguments.list_column:
        raise BadInput("option", "--list-key", "it needs --list.")
    return _find(session)


def _find(session: Session) -> int:
    """Query, and print each answer as it arrives."""
    from workstation.dicom.lenient_dataset import read
    from workstation.operations.find import RawFind, period_to_split

    arguments, output = session.arguments, session.output
    node = _with_options(arguments, session.node())
    model = _model(arguments)
    keys = identifier(arguments, model, node.charset, words=arguments.words or "")
    extract = _Extract(arguments.extract, model) if arguments.extract is not None else None
    query = RawFind(
        node,
        model,
        keys,
        session.stop,
        quirks=session.quirks,
        cancel_after=arguments.cancel,
        by_date=period_to_split(keys) if arguments.split_by_date else None,
        on_period=lambda period: output.remark(f"Asking for {period}.") if output.verbose else None,
        observer=session.observer,
    )
    check = _answer_check(node, arguments.words)
    total = unreadable = unusable = 0
    end = End.FAILED
    try:
        for found in query:
            if extract is not None:
                extract.write(found)
            if check is not None:
                check.look_at(found)
            elements, whole = read(found.data, found.transfer_syntax, node.charset)
            _print_answer(output, elements, first=not total)
            unreadable += not whole
            unusable += _has_unusable_uid(elements)
            total += 1
        end = _end(query, unreadable)
    except Cancelled:
        end = End.CANCELLED
        raise
    finally:
        if total or end is not End.FAILED:
            _print_end(output, end, total, unreadable, query)
    _explain_answers(output, node.label, query, unreadable, unusable)
    if check is not None:
        check.explain(output)
    _explain_end(output, node.label, query)
    _explain_options(arguments, output, node.label, query)
    if _is_read_daily(arguments, keys, query):
        output.error(f"{node.label} reads the times as hours of each day: studies may be missing.")
        return 1
    return 0 if end is End.COMPLETE else 1


def _explain_answers(output: Output, label: str, query: RawFind, unreadable: int, unusable: int) -> None:
    """Print what is wrong with answers themselves."""
    if unusable:
        output.remark(f"{unusable} of these answers {'has' if unusable == 1 else 'have'} an invalid UID.")
    if unreadable:
        output.error(f"{label} sent {unreadable} of these answers truncated.")
    if query.empty:
        output.error(f"{label} sent {query.empty} responses without an identifier.")


def _answer_check(node: Node, words: str | None) -> AnswerCheck | None:
    if not words:
        return None
    from workstation.cli.answer_check import AnswerCheck

    return AnswerCheck(node, words)


def _is_read_daily(arguments: argparse.Namespace, keys: Dataset, query: RawFind) -> bool:
    """Whether a typed span of several days with times was asked for as hours of each day."""
    days, times = str(keys.get("StudyDate") or ""), str(keys.get("StudyTime") or "")
    typed = bool(arguments.words) and arguments.combined_times
    return bool(typed and "-" in days and times) and not query.options.combined_times


def _explain_end(output: Output, label: str, query: RawFind) -> None:
    """Print whether the answers are all, where that needs words."""
    if query.split is not None:
        (output.remark if query.split.whole else output.error)(query.split.verdict)
    elif query.limited:
        text = f"Perhaps not all: {label} has answered exactly as many before. Try --split-by-date."
        output.error(text, query.status)
    elif query.incomplete and not query.cancelled:
        output.error(f"{label} did not send all answers.", query.status)


def _explain_options(arguments: argparse.Namespace, output: Output, label: str, query: RawFind) -> None:
    for name in _OPTIONS:
        if getattr(arguments, name) and not getattr(query.options, name):
            output.warn(f"{label} did not agree to --{name.replace('_', '-')}.")


def _with_options(arguments: argparse.Namespace, node: Node) -> Node:
    wanted = {name: True for name in _OPTIONS if getattr(arguments, name)}
    return replace(node, queries=replace(node.queries, **wanted))


def _end(query: RawFind, unreadable: int) -> End:
    if query.cancelled:
        return End.CANCELLED
    partial = query.incomplete or query.limited or query.empty or unreadable
    return End.PARTIAL if partial else End.COMPLETE


def _print_end(output: Output, end: End, total: int, unreadable: int, query: RawFind) -> None:
    """Print the last line: the number of answers, and whether these are all."""
    if output.json:
        status = None if query.status is None else f"0x{query.status:04X}"
        last = {"state": end.value, "answers": total, "unreadable": unreadable, "status": status}
        if (split := query.split) is not None:
            last |= {"whole": split.whole, "queries": split.queries, "verdict": split.verdict}
        output.value(last)
    answers = f"{total} answer{'' if total == 1 else 's'}."
    output.remark(f"Cancelled: {answers}" if end is End.CANCELLED else answers)


def _model(arguments: argparse.Namespace) -> Model:
    if arguments.model is not None:
        return Model(arguments.model)
    return Model.PATIENT if arguments.level == "patient" else Model.STUDY


def identifier(arguments: argparse.Namespace, model: Model, charset: str = "", *, words: str = "") -> Dataset:
    """Build the identifier: the elements of a file, then the level, a search in one line, then the keys.

    Without all of these, the usual return keys of the level.

    Raises:
        BadInput: A key cannot be understood, or the level is missing.
        Unreadable: The file cannot be read.
    """
    from workstation.dicom.query_keys import add_key, settle_charset

    keys = list(arguments.keys)
    found = _file_and_level(arguments, model)
    if words:
        if model is Model.WORKLIST or arguments.level not in (None, "study"):
            raise BadInput("search", words, "a search in one line is for studies; use -k for other levels.")
        found.update(_searched(words, charset, combined=arguments.combined_times))
    elif not keys and arguments.query is None:
        if model is Model.WORKLIST:
            from workstation.operations.worklist import worklist_keys

            found = worklist_keys({}, full=False)
        elif arguments.level is not None:
            from workstation.operations.query_identifiers import identifier as usual

            found = usual(Level(arguments.level.upper()), {})
    for key in keys:
        add_key(found, key)
    if model is not Model.WORKLIST and "QueryRetrieveLevel" not in found:
        raise BadInput("level", "", "choose --level patient, study, series or image.")
    settle_charset(found, charset)
    if arguments.time_zone:
        _add_time_zone(found)
    return found


def _file_and_level(arguments: argparse.Namespace, model: Model) -> Dataset:
    from pydicom import Dataset

    found = Dataset() if arguments.query is None else read_query(arguments.query)
    if arguments.level is not None:
        if model is Model.WORKLIST:
            raise BadInput("level", arguments.level, "a worklist has no levels.")
        found.QueryRetrieveLevel = Level(arguments.level.upper()).value
    return found


def _add_time_zone(keys: Dataset) -> None:
    from workstation.operations.query_identifiers import utc_offset

    if "TimezoneOffsetFromUTC" not in keys:
        keys.TimezoneOffsetFromUTC = utc_offset()


def _searched(words: str, charset: str, *, combined: bool) -> Dataset:
    """The identifier of a search for studies in one line.

    Args:
        words: The line.
        charset: The node's preferred character set.
        combined: Combined date-time matching is proposed; whether the node agrees is not known yet.

    Raises:
        BadInput: It cannot be understood, or studies cannot be asked for by it.
    """
    from datetime import datetime

    from workstation.dicom.search_keys import search_keys
    from workstation.dicom.search_line import search_line
    from workstation.operations.query_identifiers import asks_for_times, search_values
    from workstation.operations.query_identifiers import identifier as usual

    line = search_line(words, datetime.now())
    for number in line.numbers:
        raise BadInput("search", number, "write id: or acc: before a number.")
    for key in line.criteria.others:
        if key.level is not Level.STUDY:
            raise BadInput("search", key.path, "it belongs to series; use --level series and -k.")
    if not asks_for_times(line.criteria, combined=combined):
        raise BadInput("times", words, _TIMES_OF_DAYS if combined else _TIMES_OF_SPAN)
    keys, *_ = search_keys(line.criteria)
    modalities = "\\".join(line.criteria.modalities)
    return usual(
        Level.STUDY, search_values(line.criteria, keys, modalities, combined=combined), charset=charset
    )


def read_query(path: Path) -> Dataset:
    """Read the elements of a DICOM file, to be sent as keys.

    Raises:
        Unreadable: It is not a DICOM file, or too big for a query.
    """
    from pydicom import Dataset

    from workstation.errors import Unreadable
    from workstation.imaging.image_header import BROKEN
    from workstation.imaging.picture import Undecodable
    from workstation.imaging.reading import read_header
    from workstation.network.limits import LIMITS

    found = Dataset()
    try:
        if path.stat().st_size > LIMITS.identifier:
            raise Unreadable(str(path), "it is too big to be a query")
        with path.open("rb") as file:
            read = read_header(file, path, most=LIMITS.identifier)
            if not read.dataset.preamble:  # a file that is not DICOM was named by mistake
                raise Unreadable(str(path), "it is not a DICOM file")
            for tag in read.dataset.keys():  # noqa: SIM118 - iterating the data set itself would read all values
                if tag >> 16 >= 8 and tag & 0xFFFF:
                    found[tag] = read.dataset[tag]
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
    except (Undecodable, *BROKEN) as broken:
        raise Unreadable(str(path), "it is not a DICOM file, or inflates to too much for a query") from broken
    return found


def _print_answer(output: Output, elements: tuple[Element, ...], *, first: bool) -> None:
    """Print an answer, as far as it could be read."""
    from workstation.dicom.dataset_listing import dataset_lines
    from workstation.dicom.json_model import json_model

    if output.json:
        output.value(json_model(elements))
    else:
        output.result(*([] if first else [""]), *dataset_lines(elements))


_ENTITIES = (0x00080018, 0x0020000D, 0x0020000E)  # SOP Instance, Study, Series Instance UID


def _has_unusable_uid(elements: tuple[Element, ...]) -> bool:
    """Whether the answer has an invalid Study, Series or SOP Instance UID (PS3.5 9.1)."""
    return any(
        element.tag in _ENTITIES and not (element.valid and all(is_uid(str(uid)) for uid in element.values))
        for element in elements
    )


class _Extract:
    """Write answers as files: the identifier as received, after file meta information."""

    def __init__(self, folder: Path, model: Model) -> None:
        from workstation.network.contexts import FIND
        from workstation.store.files import make_private_folder

        self._folder = make_private_folder(folder)
        self._sop_class = FIND[model]
        self._count = 0

    def write(self, found: FindResponse) -> None:
        """Write the next file; one of an earlier query is replaced.

        Raises:
            StoreError: It cannot be written.
        """
        from uuid import uuid4

        from workstation.atomic_files import atomic_write
        from workstation.dicom.association_facts import Context, Peer
        from workstation.dicom.part10 import meta_prefix
        from workstation.store.files import store_error

        self._count += 1
        context = Context(1, self._sop_class, found.transfer_syntax)
        head = meta_prefix(
            context, self._sop_class, f"2.25.{uuid4().int}", Peer(ae_title="", own_ae_title="", address="")
        )
        path = self._folder / f"rsp{self._count:04}.dcm"
        try:
            atomic_write(path, head + found.data)
        except OSError as error:
            raise store_error(self._folder, error) from error
