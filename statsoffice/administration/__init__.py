"""The admin site behind the same log-in, and its first page."""
