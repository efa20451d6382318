"""The admin site for calendar management: producers, series, releases, and a read-only view of the record."""

from releases.admin import people, record, release

__all__ = ["people", "record", "release"]
