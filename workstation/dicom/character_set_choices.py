"""The character sets the user may choose: terms of PS3.3 C.12.1.1.2 with their names."""

from __future__ import annotations

CHARACTER_SETS: dict[str, str] = {
    "": "Find out from the answers",
    "ISO_IR 192": "Unicode (UTF-8)",
    "ISO_IR 100": "Western European",
    "ISO_IR 101": "Central European",
    "ISO_IR 109": "South European",
    "ISO_IR 110": "Baltic",
    "ISO_IR 148": "Turkish",
    "ISO_IR 126": "Greek",
    "ISO_IR 144": "Cyrillic",
    "ISO_IR 138": "Hebrew",
    "ISO_IR 127": "Arabic",
    "ISO_IR 166": "Thai",
    "GB18030": "Chinese (GB18030)",
    "GBK": "Chinese (GBK)",
    "ISO_IR 13": "Japanese (Shift JIS)",
    "ISO 2022 IR 87": "Japanese (ISO 2022)",
    "ISO 2022 IR 149": "Korean",
}
"""Names by term, untranslated; the empty term is no assumption at all."""
