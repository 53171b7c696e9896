"""Folders, nodes and preferences."""
