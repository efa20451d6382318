"""What anyone may read: the calendar, feeds, exports and the API."""
