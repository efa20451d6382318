"""Mutation testing with 200 drawn mutants: `draw.py` makes the list, `run.py` runs the tests that cover each one."""
