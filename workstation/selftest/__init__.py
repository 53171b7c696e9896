"""``workstation selftest``: checks an installation by using once everything that a package may lack.

Belongs here: one check for each part that packaging can lose (codecs, fonts, icons, TLS, SQLite, the
window). Does not: tests of behaviour, which are in ``tests/``.
"""
