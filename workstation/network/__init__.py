"""The association engine and the services on it: blocking, without Qt, one thread an association."""
