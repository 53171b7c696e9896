"""``workstation selftest``: is this installation whole? Everything a package may lack is used once."""
