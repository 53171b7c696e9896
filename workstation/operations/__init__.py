"""Run whole tasks, without Qt: search, retrieve, send, listen; for the window and the command line alike.

Belongs here: search and expand (``sources``, ``query_session``, ``find_answers``), retrieve in steps
(``retrieve`` with ``expected_instances``, ``fetch``, ``repair``, ``retrieve_state``, ``retrieve_plan``),
where arriving objects go (``instance_router``), the listener on demand, send, copy, check a node. They
block, take a stop request, and return an outcome or raise a typed error. Does not: PDUs, SQL, decoding.
"""
