"""Public pages and data: the calendar, feeds, exports and the API."""
