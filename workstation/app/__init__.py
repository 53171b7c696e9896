"""The window's program: starts, builds all parts, connects their signals, ends them in order.

Belongs here: what is done before the first paint (``start``, ``main``, ``front``), the building and
connecting of widgets, controllers and models (``building``, ``wiring``, ``browsing``, ``configuring``), the
single instance (``door``), garbage collection, and the order of the shutdown. Does not: queries, files,
SQL, the looks of a widget.
"""
