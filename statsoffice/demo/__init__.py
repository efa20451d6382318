"""The demonstration: two invented offices, with the results of the past year and the calendar of the next."""
