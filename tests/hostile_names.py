# ruff: noqa: RUF001 - look-alikes are the point
"""Names a peer may send that must never become part of a path, a command or a query."""

from __future__ import annotations

_UP = ["..", "...", "....//", ".", "./.", "..;", "%2e%2e", "%252e%252e", "..%00", "..%c0%af", "．．", "․․"]
_JOINTS = ["/", "\\", "//", "\\\\", "/./", "%2f", "%5c", "∕", "／", "＼", ":"]
_TARGETS = ["evil", "etc/passwd", "tmp/evil", "evil.dcm", ".bashrc", "library/index.db", "windows\\win.ini"]

_TRAVERSALS = [
    *(f"{up}{joint}{target}" for up in _UP for joint, target in zip(_JOINTS, _TARGETS, strict=False)),
    *(f"{'../' * depth}evil" for depth in (1, 2, 3, 5, 8, 13, 40)),
    *(f"{'..' + chr(92)}" * depth + "evil" for depth in (1, 2, 3, 5, 8)),
    *(f"1.2.3{joint}..{joint}..{joint}evil" for joint in _JOINTS),
    *(f"{joint}1.2.3" for joint in _JOINTS),
    *(f"1.2.3{joint}" for joint in _JOINTS),
]

_ABSOLUTE = [
    "/", "/evil", "/etc/passwd", "/dev/null", "/dev/full", "/dev/tty", "/dev/stdout", "/proc/self/mem",
    "/proc/self/fd/1", "~", "~root", "~/evil", "$HOME", "${HOME}/evil", "%TEMP%\\evil", "C:", "C:\\",
    "C:evil",
    "C:\\evil", "c:/evil", "\\evil", "\\\\server\\share\\evil", "//server/share/evil", "\\\\?\\C:\\evil",
    "\\\\.\\PhysicalDrive0", "\\\\.\\pipe\\evil", "file:///etc/passwd", "file://server/evil",
    "http://192.0.2.1/",
    "smb://192.0.2.1/x", "\\??\\C:\\evil", "/tmp/../tmp/evil",
]  # fmt: skip

_RESERVED = [
    *(name for stem in ("CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "CONIN$") for name in (
        stem, f"{stem}.dcm", f"{stem}.", stem.lower(), f"{stem} .txt",
    )),
    "desktop.ini", "Thumbs.db", ".DS_Store", ".htaccess", "index.db", "index.db-wal", "lock", "unclean",
    "incoming",
    "quarantine", "DICOMDIR", "1.2.3.dcm", "1.2.3~2", "1.2.3.part", "1.2.3:stream", "1.2.3::$DATA",
    "1.2.3.",
    "1.2.3..", "1.2.3...", ".1.2.3", ".", "..",
]  # fmt: skip

_CHARACTERS = [
    *(f"1.2{chr(mark)}3" for mark in (*range(32), 127, 0x80, 0x85, 0xA0, 0xAD)),
    *(f"1.2{chr(mark)}3" for mark in (0x200B, 0x200E, 0x202E, 0x2028)),
    *(f"1.2.{chr(zero)}" for zero in (0x661, 0x6F1, 0x967, 0xFF11, 0xB3, 0x2460, 0x1D7CE)),  # digits
    "\0", "\0evil", "1.2.3\0/../evil", "1.2.3\r\nX-Evil: 1", "\x1b[2J\x1b[H", "\x1b]0;evil\x07", "1.2．3",
    "\ufeff1.2.3", "é", "é.1", "ß", "İ", "ｆｕｌｌ", "💀", "نص", "‮evil", "a" * 64, "A" * 255, "ä" * 255,
]  # fmt: skip

_LANGUAGES = [
    "`id`", "$(id)", "$(touch evil)", "; touch evil", "| touch evil", "& touch evil &", "|| true",
    "&& evil", "!!", "-rf",
    "--help", "-", "--", "*", "?", "1.2.*", "1.2.?", "[0-9]", "{1,2}", "<img src=x>",
    "<script>evil()</script>",
    "<a href='file:///'>x</a>", "&lt;b&gt;", "'; DROP TABLE studies; --", "' OR '1'='1", "\" OR 1=1",
    "1.2' --", "%", "_",
    "%s", "%n%n%n%n", "%(name)s", "{0}", "{0.__class__}", "{{7*7}}", "${jndi:ldap://192.0.2.1/x}",
    "=cmd|' /C calc'!A0",
    "+1", "-1.2", "@SUM(1)", "1e5", "0x12", "1,2", "1;2", "1 2", "NaN", "inf", "None", "null",
    "undefined", "true",
]  # fmt: skip

_GRAMMAR = [
    "1..2", ".1.2", "1.2.", "1.2..3", "..1", "1.", ".1", "1.a", "1.2.-3", "1.2.+3", "1.2. 3", "1.2.3a",
    "1" * 65,
    "1." + "2" * 63, "1" * 300, "1." * 40, "1." * 400 + "1", "1" * 5000, "9" * 60000,
]  # fmt: skip

HOSTILE: tuple[str, ...] = tuple(
    dict.fromkeys(_TRAVERSALS + _ABSOLUTE + _RESERVED + _CHARACTERS + _LANGUAGES + _GRAMMAR)
)


def encoded(name: str, most: int = 65_000) -> bytes:
    """As it stands on the wire, of even length."""
    raw = name.encode("utf-8", "surrogatepass")[:most]
    return raw + b"\0" * (len(raw) % 2)
