"""Self-monitoring: a self-test every minute, and what follows if it fails."""
