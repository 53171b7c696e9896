"""Starts the decoding process: binds its end to the parent's first, then imports what it needs.

On a slow disk that import takes seconds, in which the parent may well end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from workstation.imaging.sandbox import end_with_parent


def main(arguments: Sequence[str]) -> int:
    """Serve until the input ends; the exit status."""
    parser = argparse.ArgumentParser(prog="workstation decode-worker", allow_abbrev=False)
    parser.add_argument("--parent", type=int, required=True)
    parent = parser.parse_args(arguments).parent
    end_with_parent(parent)
    from workstation.imaging.worker import serve

    serve(parent)
    return 0
