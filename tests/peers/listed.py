"""An archive that is asked for the entries of lists; it ignores, refuses or ends as a test decides."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from tests.peers import wire
from tests.peers.peer import Ended, Talk
from tests.peers.wire import Message
from workstation.dicom.levels import Model
from workstation.network.contexts import FIND

UID, ACCESSION, PATIENT = 0x0020000D, 0x00080050, 0x00100020


class Kept(NamedTuple):
    """A study it has."""

    uid: str
    patient: str = "P1"
    accession: str = ""
    name: str = "Invented^Person"
    birth_date: str = "19700101"
    images: int = 10


@dataclass
class Manners:
    """How it behaves; honestly where nothing is said.

    Attributes:
        ignores: It answers all it has, whatever is asked for.
        folds: It takes capitals and small letters, and leading zeros, for equal.
        lists: Of lists of UIDs it looks for "all", or the "first" only; "refused": it fails.
        refuses: Values that fail.
        aborts_after: So many queries on an association, then it aborts.
        dies_after: So many queries, then it aborts, and takes no more associations.
        most_answers: So many to a query, then it ends without a word.
        patient_root: It offers that only; "strict": it finds no study without the ID of its patient.
    """

    ignores: bool = False
    folds: bool = False
    lists: str = "all"
    refuses: Collection[str] = ()
    aborts_after: int = 10**9
    dies_after: int = 10**9
    most_answers: int = 10**9
    patient_root: str = ""


@dataclass
class Listed:
    """Plays for each connection.

    Attributes:
        queries: The values it was asked for, in their order.
        associations: How many were opened.
        asked_on: The number of the association on which a value was asked for last.
    """

    studies: Sequence[Kept]
    manners: Manners = field(default_factory=Manners)
    queries: list[str] = field(default_factory=list)
    associations: int = 0
    asked_on: dict[str, int] = field(default_factory=dict)

    def play(self, talk: Talk) -> None:
        with contextlib.suppress(Ended, ConnectionError):
            self._play(talk)

    def _play(self, talk: Talk) -> None:
        request = talk.request()
        if len(self.queries) >= self.manners.dies_after:
            talk.send(wire.abort(2, 1))
            talk.rest()
            return
        self.associations = number = self.associations + 1
        refused = {
            number: 3
            for number, (abstract, _) in request.contexts.items()
            if self.manners.patient_root and abstract == FIND[Model.STUDY]
        }
        talk.accept(refused, request=request, extended={})
        asked_here = 0
        while (asked := talk.next()) is not None:
            if asked.field != wire.FIND_RQ:
                continue
            ended = asked_here >= self.manners.aborts_after or len(self.queries) >= self.manners.dies_after
            if ended:
                talk.send(wire.abort(2, 0))
                talk.rest()
                return
            asked_here += 1
            talk.send(wire.response(asked, self._find(talk, asked, number)))

    def _find(self, talk: Talk, asked: Message, association: int) -> int:
        keys = {tag: value for tag, value in _values(asked.data or b"").items() if value}
        [(tag, value)] = [(tag, keys[tag]) for tag in (UID, ACCESSION, PATIENT) if tag in keys]
        self.queries.append(value)
        self.asked_on[value] = association
        manners = self.manners
        if value in manners.refuses or ("\\" in value and manners.lists == "refused"):
            return 0xC001
        wanted = value.split("\\")[: 1 if manners.lists == "first" else None]
        if manners.patient_root == "strict" and PATIENT not in keys:
            return 0
        attribute = {UID: "uid", ACCESSION: "accession", PATIENT: "patient"}[tag]
        fitting = (
            one
            for one in self.studies
            if manners.ignores
            or (told := getattr(one, attribute)) in wanted
            or (manners.folds and _folded(told) in map(_folded, wanted))
        )
        for one in islice(fitting, manners.most_answers):
            talk.send(wire.response(asked, 0xFF00, _row(one)))
        return 0


def _folded(value: str) -> str:
    return value.casefold().lstrip("0")


def _values(data: bytes) -> dict[int, str]:
    found, position = {}, 0
    while position < len(data):
        group, element, length = struct.unpack_from("<HH2xH", data, position)
        found[group << 16 | element] = data[position + 8 : position + 8 + length].decode().strip(" \0")
        position += 8 + length
    return found


def _row(one: Kept) -> bytes:
    return wire.explicit(
        (0x00080020, "DA", b"20240105"),
        (ACCESSION, "SH", one.accession.encode()),
        (0x00080052, "CS", b"STUDY"),
        (0x00081030, "LO", b"Thorax"),
        (0x00100010, "PN", one.name.encode()),
        (PATIENT, "LO", one.patient.encode()),
        (0x00100030, "DA", one.birth_date.encode()),
        (UID, "UI", one.uid.encode()),
        (0x00201208, "IS", str(one.images).encode()),
    )
