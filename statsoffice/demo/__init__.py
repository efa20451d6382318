"""The demonstration: two invented offices with their calendar, and past and future release mornings."""
