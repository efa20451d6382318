"""Notifications: who is notified of what by which channel, the outbox, delivery and retries."""
