"""Serves requests in the decoding process: reads foreign files and decodes their frames, nothing else.

``workstation decode-worker``, a sub-command that only this program gives itself. Requests come on the
standard input, answers go to the standard output; it ends when its input does.
"""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from workstation.errors import UserMessage
from workstation.imaging.array_shapes import shape_of, shapes_head
from workstation.imaging.downscaling import thumbnail
from workstation.imaging.elements import Element
from workstation.imaging.encapsulated_document import Document
from workstation.imaging.instance import Instance, open_instance
from workstation.imaging.picture import Card, Picture, Undecodable, not_shown
from workstation.imaging.read_document import read_document
from workstation.imaging.read_elements import read_elements
from workstation.imaging.sandbox import Limits, confine, limit_cpu
from workstation.imaging.serialization import Written, read, write
from workstation.imaging.shared_memory import WorkerMemory, as_bytes
from workstation.imaging.transcoding import convert
from workstation.imaging.worker_messages import (
    ANSWER,
    MAX_ARRAYS,
    MAX_VALUE,
    PIPE,
    REQUEST,
    Content,
    Conversion,
    ConversionWanted,
    Converted,
    Count,
    Counted,
    CountWanted,
    DocumentAnswer,
    DocumentWanted,
    Elements,
    ElementsWanted,
    FrameWanted,
    Kind,
    Refused,
)

T = TypeVar("T")
OPEN_INSTANCES = 8
HELD_BYTES = 256 * 1024 * 1024
_BROKEN = "Its header is broken."
_NO_MEMORY = "It needs more memory than one image may take."
_UNREADABLE = "Its file cannot be read."


def serve(parent: int) -> None:
    """Answer requests of the process ``parent`` until the input ends."""
    requests, answers = _channels()
    limits = confine(parent)
    Worker(requests, answers).serve(limits)


def _channels() -> tuple[io.FileIO, io.FileIO]:
    """The pipes of this process, which no library can write a message into any more."""
    channels = io.FileIO(os.dup(0), "r"), io.FileIO(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    os.close(nothing)
    return channels


class Instances:
    """The files that were opened last, as long as they are the same."""

    def __init__(self) -> None:
        self._opened: OrderedDict[tuple[str, int, int, int], Instance] = OrderedDict()

    def open(self, path: Path) -> Instance:
        """Open ``path``, or find it opened.

        Raises:
            Undecodable: It is no DICOM object, or its header contradicts itself.
            OSError: It cannot be read.
        """
        state = path.stat()
        key = str(path), state.st_ino, state.st_size, state.st_mtime_ns
        instance = self._opened.get(key)
        if instance is None:
            instance = self._opened[key] = open_instance(path)
            held = sum(one.held for one in self._opened.values())
            while len(self._opened) > 1 and (len(self._opened) > OPEN_INSTANCES or held > HELD_BYTES):
                held -= self._opened.popitem(last=False)[1].held
        self._opened.move_to_end(key)
        return instance

    def content(self, wanted: FrameWanted) -> Picture | Card:
        """A frame of a file, or why there is none."""
        instance: Instance | None = None
        try:
            instance = self.open(Path(wanted.path))
            content = instance.picture(wanted.frame)
            return thumbnail(content) if wanted.thumbnail and isinstance(content, Picture) else content
        except Undecodable as reason:
            return not_shown(reason.reason, instance.caption if instance is not None else None)
        except OSError:
            return not_shown(UserMessage(_UNREADABLE), again=True)
        except MemoryError:
            return not_shown(UserMessage(_NO_MEMORY))

    def count(self, wanted: CountWanted) -> Counted | Refused:
        """How many frames a file has, or why nothing can be said."""
        return _refusing(lambda: Counted(self.open(Path(wanted.path)).frames))


def _elements(wanted: ElementsWanted) -> tuple[Element, ...] | Refused:
    return _refusing(lambda: read_elements(Path(wanted.path), wanted.where))


def _document(wanted: DocumentWanted) -> Document | Refused:
    return _refusing(lambda: read_document(Path(wanted.path)))


def _conversion(wanted: ConversionWanted) -> Converted | Refused:
    return _refusing(lambda: convert(Path(wanted.path), wanted.syntax, lossy=wanted.lossy))


def _refusing(work: Callable[[], T]) -> T | Refused:
    try:
        return work()
    except Undecodable as reason:
        return Refused(reason.reason)
    except OSError:
        return Refused(UserMessage(_UNREADABLE), unreadable=True)
    except MemoryError:
        return Refused(UserMessage(_NO_MEMORY))


class Worker:
    """Reads requests and writes answers, one after the other."""

    def __init__(self, requests: io.FileIO, answers: io.FileIO) -> None:
        self._requests, self._answers = requests, answers
        self._instances = Instances()
        self._memory = WorkerMemory()
        self._kinds: dict[Kind, tuple[Any, Any, Callable[[Any], object]]] = {
            Kind.FRAME: (FrameWanted, Content, self._instances.content),
            Kind.ELEMENTS: (ElementsWanted, Elements, _elements),
            Kind.DOCUMENT: (DocumentWanted, DocumentAnswer, _document),
            Kind.CONVERSION: (ConversionWanted, Conversion, _conversion),
            Kind.COUNT: (CountWanted, Count, self._instances.count),
        }

    def serve(self, limits: Limits) -> None:
        """Report that it is ready and which limits hold, then answer until the input ends."""
        self._send(ANSWER.pack(limits, 0, 0))
        while head := self._take(REQUEST.size):
            kind, length, token, size, seconds = REQUEST.unpack(head)
            request = self._take(length)
            limit_cpu(seconds)
            answer = self._answer(Kind(kind), request)
            limit_cpu(0)
            self._give(answer, token, size)
            del answer

    def _answer(self, kind: Kind, request: bytes) -> Written:
        wanted_type, answer_type, work = self._kinds[kind]
        try:
            answer = write(work(read(request, wanted_type)), answer_type)
            room = sum(shape_of(one).room for one in answer.arrays)
            if room <= MAX_ARRAYS and len(answer.data) <= MAX_VALUE:
                return answer
            words = UserMessage(_NO_MEMORY)
        except Exception:  # noqa: BLE001 - the outermost frame: pydicom lets many kinds of errors out of a file
            words = UserMessage(_BROKEN)
        return write(not_shown(words) if kind is Kind.FRAME else Refused(words), answer_type)

    def _give(self, answer: Written, token: int, size: int) -> None:
        shapes = [shape_of(array) for array in answer.arrays]
        room = sum(shape.room for shape in shapes)
        value = shapes_head(shapes) + answer.data
        fits = token != PIPE and room <= size
        if fits:
            self._memory.put(token, size, answer.arrays)
        self._send(ANSWER.pack(fits or not room, len(value), room))
        self._send(value)
        if fits or not room:
            return
        _, _, token, size, _ = REQUEST.unpack(self._take(REQUEST.size))
        if token != PIPE:
            self._memory.put(token, size, answer.arrays)
            self._send(ANSWER.pack(1, 0, 0))
            return
        for array in answer.arrays:
            self._send(as_bytes(array))

    def _take(self, count: int) -> bytes:
        """The next bytes; fewer, and nothing more ever, at the end of the input."""
        found = bytearray()
        while len(found) < count and (piece := self._requests.read(count - len(found))):
            found += piece
        return bytes(found)

    def _send(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while len(view):
            view = view[self._answers.write(view) or 0 :]
