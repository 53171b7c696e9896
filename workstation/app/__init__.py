"""The window's program: starts, builds all parts, connects their signals, ends them in order.

The stages of a start, in their order:

1. ``start``: parse the arguments, without Qt. ``single_instance``: if a window is open already, forward the
   request to it and end.
2. ``pyside_import_patch``, then ``main``: application and preferences; ``shell``: what the first paint shows.
   What the user does from now on is kept by ``signal_buffer``. If this fails: ``startup_error``.
3. ``loader``, once the window is painted: install the log and import the rest, in a lane.
4. ``assembly``, in the GUI thread: build all ``parts``, register what ends them in ``shutdown``, connect them
   in ``wiring``, open the library in a lane, replay the signals that were kept.
5. ``garbage_collection`` goes by the event loop from now on; ``warm_up`` imports and starts, in a lane, what
   the first search and the first picture need.
6. ``loader``: do what this start was asked for, then what later ones forward.

The end: the event loop returns to ``main``, which runs ``shutdown`` and releases the single instance.

Belongs here: building, connecting, and opening dialogs (``dialogs``). Does not: what is done with rows, nodes
and settings, which is in :mod:`workstation.controllers`; queries, files, SQL; the looks of a widget.
"""
