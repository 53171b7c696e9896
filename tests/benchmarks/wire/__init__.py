"""A wire between two network namespaces of this computer, and what programs are measured on over it.

For Linux, as root; nothing leaves the computer. ``python -m tests.benchmarks.wan`` uses it.
"""
