"""Associations and the DIMSE services on them.

Blocking and without Qt. One association is one socket and one thread that owns it; other threads may only
ask it to stop. From the bottom: ``channel`` (the socket, deadlines, waking), ``pdus`` and ``command``
(encoding), ``reader`` (incoming PDUs), ``association`` (messages), ``requestor`` and ``acceptor``
(negotiation), then a file for each service.
"""
