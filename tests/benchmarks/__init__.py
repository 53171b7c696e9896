"""Our speed against a peer, both in one run: ``python -m tests.benchmarks``. No test asserts a time."""
