"""Measurements of the product, each beside its floor: the least that any program needs for the same work.

`python -m benchmarks` makes them all and prints one table; docs/performance.md tells what it showed.
"""
