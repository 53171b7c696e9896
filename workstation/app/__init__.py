"""The window's composition root: builds everything, wires it, takes it down in order."""
