from __future__ import annotations

from collections.abc import Iterator

import pytest

from workstation.settings import passcodes

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402
from keyring.backends.fail import Keyring as NoKeyring  # noqa: E402
from keyring.errors import KeyringLocked, PasswordDeleteError  # noqa: E402


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.content: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._look()
        return self.content.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._look()
        self.content[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._look()
        if (service, username) not in self.content:
            raise PasswordDeleteError(username)
        del self.content[service, username]

    def _look(self) -> None:
        if self.locked:
            raise KeyringLocked


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before = keyring.get_keyring()
    made = Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_passcode_belongs_to_a_user_of_a_node(drawer: Drawer) -> None:
    assert passcodes.keyring_available()
    assert passcodes.save_passcode("PACS-A", "reader", "hunter2")
    assert passcodes.load_passcode("PACS-A", "reader") == "hunter2"
    assert passcodes.load_passcode("PACS-A", "other") is None
    assert passcodes.load_passcode("PACS-B", "reader") is None
    passcodes.delete_passcode("PACS-A", "reader")
    assert drawer.content == {}
    passcodes.delete_passcode("PACS-A", "reader")


def test_a_locked_keyring_is_no_error(drawer: Drawer) -> None:
    drawer.locked = True
    assert not passcodes.save_passcode("PACS-A", "reader", "hunter2")
    assert passcodes.load_passcode("PACS-A", "reader") is None
    passcodes.delete_passcode("PACS-A", "reader")


def test_a_system_without_keyring(drawer: Drawer) -> None:
    keyring.set_keyring(NoKeyring())
    assert not passcodes.keyring_available()
    assert not passcodes.save_passcode("PACS-A", "reader", "hunter2")
    assert passcodes.load_passcode("PACS-A", "reader") is None


@pytest.mark.usefixtures("drawer")
def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not passcodes.keyring_available()
    assert not passcodes.save_passcode("PACS-A", "reader", "hunter2")
    assert passcodes.load_passcode("PACS-A", "reader") is None
    passcodes.delete_passcode("PACS-A", "reader")
