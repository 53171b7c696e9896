"""Passcodes in the operating system's keyring, where the optional ``keyring`` package finds one.

All calls may wait for a person to unlock the keyring: they belong into a working thread.
"""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)
_SERVICE = "workstation"


def available() -> bool:
    """Whether this system has a keyring that can be written to."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        return False
    return not isinstance(keyring.get_keyring(), NoKeyring)


def kept(node: str, user: str) -> str | None:
    """The passcode kept for a user of a node; None if there is none, or no keyring, or it stays locked."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(_SERVICE, _account(node, user))
    except (KeyringError, OSError, RuntimeError) as trouble:
        _log.info("the keyring gives nothing: %s", type(trouble).__name__)
        return None


def keep(node: str, user: str, passcode: str) -> bool:
    """Keep a passcode; whether that worked."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return False
    try:
        keyring.set_password(_SERVICE, _account(node, user), passcode)
    except (KeyringError, OSError, RuntimeError) as trouble:
        _log.info("the keyring takes nothing: %s", type(trouble).__name__)
        return False
    return True


def forget(node: str, user: str) -> None:
    """Remove a kept passcode, if there is one."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return
    try:
        keyring.delete_password(_SERVICE, _account(node, user))
    except (KeyringError, OSError, RuntimeError) as trouble:
        _log.info("the keyring forgets nothing: %s", type(trouble).__name__)


def _account(node: str, user: str) -> str:
    return f"{user}@{node}"
