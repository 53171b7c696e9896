"""Look up the IP addresses of the hosts that settings name, and remember them for a while."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterable

_KEPT = 300.0
"""Seconds an answer of the resolver is kept."""


class HostAddresses:
    """The addresses of some hosts; any thread may ask."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, frozenset[str]]] = {}

    def learn(self, hosts: Iterable[str]) -> None:
        """Look up ``hosts`` in a thread of its own, so that :meth:`have` knows them soon."""
        names = tuple(dict.fromkeys(hosts))
        if names:
            work = threading.Thread(target=self._look_up_all, args=(names,), name="resolver", daemon=True)
            work.start()

    def _look_up_all(self, hosts: tuple[str, ...]) -> None:
        for host in hosts:
            self.addresses(host)

    def addresses(self, host: str) -> frozenset[str]:
        """The addresses of a host; none if it is unknown. May wait for the system's resolver."""
        moment, found = self._found.get(host, (-_KEPT, frozenset[str]()))
        if moment + _KEPT <= time.monotonic():
            found = _look_up(host) or found  # a resolver that fails now and then takes no address away
            self._found[host] = time.monotonic(), found
        return found

    def have(self, address: str) -> bool:
        """Whether it is an address of a host that was looked up."""
        address = _plain(address)
        return any(address in found for _, found in list(self._found.values()))

    def is_at(self, host: str, address: str) -> bool:
        """Whether ``host`` has this address. May wait for the system's resolver."""
        return _plain(address) in self.addresses(host)


def _look_up(host: str) -> frozenset[str]:
    with contextlib.suppress(OSError, UnicodeError):
        return frozenset(_plain(str(found[4][0])) for found in socket.getaddrinfo(host, None))
    return frozenset()


def _plain(address: str) -> str:
    """An address in one spelling of several: without its zone, IPv4 within IPv6 as IPv4."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(getattr(found, "ipv4_mapped", None) or found)
