"""Notifications: kinds, recipients and channels, the outbox, delivery and retries."""
