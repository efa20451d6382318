"""Mutation testing with 200 drawn mutants, to compare how many faults two versions of the test suite detect.

- strata.toml, excluded.toml: the population, and the drawn mutants that are left out, with reasons.
- mutants.json: the 200, made by `python -m tests.mutants.draw --checkout PATH` at the commit that it names.
- moved.toml: where the code has gone since, so that each mutant is found again.
- `python -m tests.mutants.run` runs the tests that cover each mutant, as a coverage file with contexts says:
  `pytest --cov --cov-branch --cov-context=test --cov-report=`.
"""
