"""Measurements of the product, each with its floor: the least that any program needs for the same work.

`python -m benchmarks` makes all of them and prints one table. docs/reference/performance.md describes the results.
"""
