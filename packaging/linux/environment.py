"""Restores the environment for programs that are started (file manager, browser): without our libraries."""

import os

_before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if _before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _before
# When it starts itself again (the demo archive), that process has to set the path anew.
os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
