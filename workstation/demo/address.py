"""Says where the demo archive listens: on this computer only."""

from __future__ import annotations

AE_TITLE = "DEMO"
HOST = "127.0.0.1"
