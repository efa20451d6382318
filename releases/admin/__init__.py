"""The admin site for calendar management: producers, series, releases, and the record to read."""

from releases.admin import people, record, release, series

__all__ = ["people", "record", "release", "series"]
