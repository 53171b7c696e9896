"""Workstation: a desktop DICOM query/retrieve workstation.

The packages, top to bottom; imports point down only, those on one line never import each other
(import-linter keeps it, see ``pyproject.toml``):

* ``app``, ``cli``, ``selftest``: composition roots; they build everything, wire it, own the shutdown order.
* ``widgets``, ``controllers``: what is visible; intents in, jobs out.
* ``models``, ``jobs``: Qt item models over plain rows; lanes (QThread), jobs, progress, cancel.
* ``operations``: whole tasks without Qt: search, expand, retrieve, send, listen, check a node.
* ``network``, ``store``, ``imaging``, ``demo``, ``settings``, ``resources``: one trade each.
* ``dicom``: the vocabulary: levels, nodes, queries, matches, text.
* ``atomic_files``, ``cli_commands``, ``errors``, ``stop``, ``relaunch``: small files written atomically; the
  names of the commands; typed errors; stop requests and progress; starting this program again as a child.

What each package is for, the threads, and how a double-click becomes a picture: ``.github/ARCHITECTURE.md``.
"""

__version__ = "0.1.0"
