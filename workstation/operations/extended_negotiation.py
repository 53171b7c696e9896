"""Propose options of queries, and ask without them where an archive cannot be associated with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.query_options import QueryOptions
from workstation.dicom.transfer_syntaxes import PLAIN
from workstation.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectionLost,
    NetworkError,
    ProtocolError,
    TimedOut,
)
from workstation.network.association import Association
from workstation.network.contexts import FIND, VERIFICATION, query
from workstation.network.pdus import Proposal
from workstation.operations.node_quirks import NodeQuirks

T = TypeVar("T")

NONE = QueryOptions()


def proposed_contexts(models: Iterable[Model], options: QueryOptions) -> list[Proposal]:
    """Contexts for queries under ``models``.

    Verification keeps an archive that refuses all models from aborting an empty association.
    """
    extended = options.information
    return [*query(VERIFICATION), *(Proposal(FIND[model], PLAIN, extended=extended) for model in models)]


def proposed_options(node: Node, quirks: NodeQuirks) -> QueryOptions:
    """The options that are proposed to a node: those of its settings, unless it fails on the proposal."""
    return NONE if quirks.fails_on_options(node) else node.queries


def agreed_options(association: Association, model: Model) -> QueryOptions:
    """What was agreed on for queries under a model."""
    for context in association.contexts.values():
        if context.abstract_syntax == FIND[model]:
            return QueryOptions.of(context.extended)
    return NONE


def open_with_options(node: Node, quirks: NodeQuirks, opened: Callable[[QueryOptions], T]) -> T:
    """Open an association with the options of a node, or without, where it fails with them only.

    That is remembered. A transient rejection says nothing about the options.

    Args:
        node: The archive.
        quirks: What is known of nodes.
        opened: Opens it; raises what :func:`workstation.network.requestor.associate` does.
    """
    options = proposed_options(node, quirks)
    if options == NONE:
        return opened(NONE)
    try:
        return opened(options)
    except (AssociationRejected, AssociationAborted, ConnectionLost, ProtocolError, TimedOut) as failed:
        if isinstance(failed, AssociationRejected) and failed.transient:
            raise
        try:
            without = opened(NONE)
        except NetworkError:
            raise failed from None
        quirks.failed_on_options(node)
        return without
