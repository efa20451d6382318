"""A report as it is kept: its versions, the one way it moves on, and what it is found by and cites."""
