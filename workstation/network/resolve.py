"""Resolve host names with a deadline: the system's resolver has none."""

from __future__ import annotations

import queue
import socket
import threading
import time

from workstation.dicom.nodes import Node
from workstation.errors import HostUnknown
from workstation.stop import Stop

Address = tuple[socket.AddressFamily, tuple[object, ...]]


def resolve(node: Node, stop: Stop, seconds: float) -> list[Address]:
    """The addresses of a node's host, in the system's order of preference.

    Raises:
        HostUnknown: There is none, or the resolver did not answer in time.
        Cancelled: A stop was requested.
    """
    # A daemon thread: nothing can interrupt a resolver, and nothing is lost if it dies with the process.
    answers: queue.SimpleQueue[list[Address] | None] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(node, answers), name="resolver", daemon=True).start()
    deadline = time.monotonic() + seconds
    with stop.watching(lambda: answers.put(None)):
        try:
            found = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            found = []
    stop.check()
    if not found:
        raise HostUnknown(node.label, node.host)
    return found


def _look_up(node: Node, answers: queue.SimpleQueue[list[Address] | None]) -> None:
    try:
        found = socket.getaddrinfo(node.host, node.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    answers.put([(family, address) for family, _, _, _, address in found])
