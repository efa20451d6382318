"""The stored record."""
