"""How SQLite is told where a file lies."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from workstation.store.schema import address


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/home/a b/index.db"), "file:///home/a%20b/index.db"),
        (PureWindowsPath(r"C:\Users\Zoë\index.db"), "file:///C:/Users/Zo%C3%AB/index.db"),
        (PureWindowsPath(r"\\server\images\index.db"), "file:////server/images/index.db"),
    ],
)
def test_no_address_has_a_host(path: PurePosixPath | PureWindowsPath, uri: str) -> None:
    assert address(path) == uri


@pytest.mark.skipif(sys.platform == "win32", reason="there it takes a share for it")
def test_sqlite_takes_a_path_of_two_slashes(tmp_path: Path) -> None:
    """It refuses ``file://server/…``; that of a share is read as the path it is."""
    with pytest.raises(sqlite3.OperationalError, match="authority"):
        sqlite3.connect("file://server/images/index.db", uri=True)
    share = (tmp_path / "index.db").as_uri().replace("file:///", "file:////")
    with closing(sqlite3.connect(share, uri=True)) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert (tmp_path / "index.db").exists()
