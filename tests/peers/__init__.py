"""A peer that says what a test scripts, byte by byte: an independent witness of what our side says.

``wire`` writes and reads PDUs and messages with code of its own; ``peer`` is the conversation on a socket,
as a server (a thread that ends with its test) or as a client.
"""
