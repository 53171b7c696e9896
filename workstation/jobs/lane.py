"""Names the lanes of the program, and the order in which each executes its jobs."""

from __future__ import annotations

from enum import Enum


class Order(Enum):
    """Which of the waiting jobs of a lane is executed next."""

    FIFO = "first in, first out"
    NEWEST_FIRST = "the newest first"


class Lane(Enum):
    """What a lane is for, and its order.

    NEWEST_FIRST where the user waits for what was asked for last; FIFO where effects have to come in order.
    Of some there are several, told apart by ``key`` of :meth:`workstation.jobs.lanes.Lanes.submit`: a source,
    a path, a number.
    """

    # one for each source
    QUERY = "query", Order.NEWEST_FIRST
    HISTORY = "history", Order.NEWEST_FIRST
    COUNT = "count", Order.NEWEST_FIRST
    TRANSFER = "transfer", Order.FIFO
    SAMPLES = "samples", Order.NEWEST_FIRST
    AHEAD = "opening ahead", Order.NEWEST_FIRST
    # of the library
    SHOW = "show", Order.NEWEST_FIRST
    LOCAL_FILES = "local files", Order.FIFO
    LOCAL_COPIES = "local copies", Order.NEWEST_FIRST
    CONFIRMATION = "confirmation of files", Order.NEWEST_FIRST
    LIBRARY_OPENING = "library opening", Order.NEWEST_FIRST
    LIBRARY_CHECKS = "library checks", Order.NEWEST_FIRST
    LIBRARY_COMPARISON = "library comparison", Order.NEWEST_FIRST
    PLANS = "plans", Order.FIFO
    # of everything else
    LOADING = "loading", Order.NEWEST_FIRST
    WARM_UP = "warm-up", Order.NEWEST_FIRST
    FILE_LOOKUP = "file look-up", Order.NEWEST_FIRST
    FILE_OPENING = "file opening", Order.FIFO
    SMALL_FILES = "small files", Order.FIFO
    KEYRING_READING = "keyring reading", Order.NEWEST_FIRST
    KEYRING_WRITING = "keyring writing", Order.FIFO
    LISTENER = "listener", Order.FIFO
    LISTS = "lists", Order.NEWEST_FIRST
    ECHO = "echo", Order.NEWEST_FIRST
    TASKBAR = "taskbar", Order.FIFO
    DEMO = "demo archive", Order.NEWEST_FIRST

    def __init__(self, title: str, order: Order) -> None:
        self.title = title
        self.order = order
