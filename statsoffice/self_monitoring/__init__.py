"""Self-monitoring: a self-test every minute, the heartbeat, and incidents."""
