"""A peer's breach of the protocol, found by a decoder that does not know the node's name."""

from __future__ import annotations


class ProtocolFault(Exception):
    """What the peer did wrong, in words for a developer. The association turns it into A-ABORT."""
