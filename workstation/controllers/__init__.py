"""Intents in, jobs out; one small file each."""
