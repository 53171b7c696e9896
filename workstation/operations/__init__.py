"""Run whole tasks, without Qt: search, retrieve, send, listen; for the window and the command line alike.

Belongs here: search and expand (``sources``, ``asking``, ``answers``), retrieve in steps (``retrieve`` with
``expect``, ``fetch``, ``repair``, ``state``, ``planning``), where arriving objects go (``deliver``), the
listener on demand, send, copy, check a node. They block, take a stop request, and return an outcome or
raise a typed error. Does not: PDUs, SQL, decoding.
"""
