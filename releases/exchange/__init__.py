"""Calendars that come in by file and from GOV.UK."""
