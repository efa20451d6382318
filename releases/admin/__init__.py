"""The admin site for calendar management: producers, series and releases, with the record to read."""

from releases.admin import people, record, release

__all__ = ["people", "record", "release"]
