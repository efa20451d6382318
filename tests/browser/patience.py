"""How long a test waits for what a page does automatically, in milliseconds: on a busy machine that takes its time."""

PATIENCE = 60_000
