"""The association engine and the services on it.

Blocking and without Qt. One association is one socket and one thread that owns it; other threads may only
ask it to stop. From the bottom: ``channel`` (the socket, deadlines, waking), ``associate`` and ``command``
(what is on the wire), ``reader`` (PDUs as they come), ``association`` (messages), ``requestor`` and
``acceptor`` (how one comes about), then a file for each service.
"""
