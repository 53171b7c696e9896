"""Connects the menu “Show names as” to both lists of studies, and to the nodes that keep what was chosen."""

from __future__ import annotations

from functools import partial

from workstation.app.parts import Workstation
from workstation.dicom import display
from workstation.models.name_charsets import CHARACTER_SETS
from workstation.models.translation import translate
from workstation.models.tree_model import TreeModel


def wire_charsets(workstation: Workstation) -> None:
    """Let the texts of an archive be shown by another character set: for now, or from now on.

    Nothing is asked anew: what was received is decoded again.
    """
    results, nodes = workstation.tree_model.results, workstation.nodes
    window, bar = workstation.window, workstation.window.results_bar

    def offer() -> None:
        answered = [key for key in results.answering if workstation.sources.node(key) is not None]
        offered = [(key, results.charset_of(key), nodes.shown_charset(key)) for key in answered]
        bar.offer_names(offered, CHARACTER_SETS)

    def read(key: str, charset: str) -> None:
        results.show_names(key, charset)
        workstation.history.show_texts(key, charset)

    def show(key: str, charset: str) -> None:
        """Show texts so for now, and offer to keep that; “As the archive says” undoes both."""
        read(key, charset)
        if not charset:
            nodes.show_texts_by(key, "")
        elif charset != nodes.shown_charset(key):
            name = translate(dict(CHARACTER_SETS).get(charset, charset))
            words = window.tr("Texts of {archive} are shown as {charset}.")
            text = words.format(archive=display.plain(key), charset=name)
            window.notice.offer(text, bar.always_words(key), partial(nodes.show_texts_by, key, charset))

    def follow_nodes() -> None:
        for node in nodes.all:
            if node.shown_charset:
                read(node.label, node.shown_charset)

    bar.names_wanted.connect(offer)
    bar.names_requested.connect(show)
    bar.names_kept.connect(nodes.show_texts_by)
    nodes.changed.connect(follow_nodes)
    follow_nodes()
    _wire_caption(workstation)


def _wire_caption(workstation: Workstation) -> None:
    """Let the corner of the picture follow; the texts of very many rows are read anew in a while."""

    def arranged(tree: TreeModel) -> None:
        if tree.touched is None:
            workstation.preview.read_names()

    for tree in (workstation.tree_model, workstation.history.model.tree):
        tree.layoutChanged.connect(partial(arranged, tree))
