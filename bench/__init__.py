"""The benchmark: this service beside its peers, one core for the server, one for the load.

``python -m bench --help``; what it found is in docs/benchmarks.md.
"""
