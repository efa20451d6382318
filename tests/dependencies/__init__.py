"""Whether a pinned package has a known vulnerability: `python -m tests.dependencies` asks those who know."""
