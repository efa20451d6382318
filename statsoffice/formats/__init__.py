"""Formats of dates and times that Django writes in the admin site: those of all other pages."""
