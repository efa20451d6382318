"""How long a test waits for what a page does by itself, in milliseconds: on a busy machine that takes its time."""

PATIENCE = 60_000
