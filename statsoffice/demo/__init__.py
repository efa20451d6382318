"""The demonstration: two invented offices, with results for the past year and a calendar for the coming year."""
