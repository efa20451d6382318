"""The watcher: what falls due, the sweep that looks at it, and what it does while the database is away."""
