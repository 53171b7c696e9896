"""Keeps passcodes and passphrases in the system's keyring, by the optional ``keyring`` package.

All calls may wait for the user to unlock the keyring: call them in a worker thread.
"""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)
_SERVICE = "workstation"


def keyring_available() -> bool:
    """Whether this system has a keyring that can be written to."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        return False
    return not isinstance(keyring.get_keyring(), NoKeyring)


def load_passcode(node: str, user: str) -> str | None:
    """The passcode kept for a user of a node; None if there is none, or no keyring, or it stays locked."""
    return _kept(_account(node, user))


def load_passphrase(key: str) -> str | None:
    """The passphrase kept for the TLS key at the path ``key``; None as :func:`load_passcode`.

    The account is the path: ``keyring set workstation /path/key.pem`` keeps one.
    """
    return _kept(key)


def _kept(account: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(_SERVICE, account)
    except (KeyringError, OSError, RuntimeError) as error:
        _log.info("the keyring gives nothing: %s", type(error).__name__)
        return None


def save_passcode(node: str, user: str, passcode: str) -> bool:
    """Keep a passcode; whether that worked."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return False
    try:
        keyring.set_password(_SERVICE, _account(node, user), passcode)
    except (KeyringError, OSError, RuntimeError) as error:
        _log.info("the keyring takes nothing: %s", type(error).__name__)
        return False
    return True


def delete_passcode(node: str, user: str) -> None:
    """Remove a kept passcode, if there is one."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return
    try:
        keyring.delete_password(_SERVICE, _account(node, user))
    except (KeyringError, OSError, RuntimeError) as error:
        _log.info("the keyring forgets nothing: %s", type(error).__name__)


def _account(node: str, user: str) -> str:
    return f"{user}@{node}"
