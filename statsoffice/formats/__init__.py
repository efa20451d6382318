"""Formats of dates and times in the admin site, the same as on all other pages."""
