"""The program on a desktop of its own, driven by keys and pointer from outside, as a user does."""
