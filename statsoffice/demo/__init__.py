"""The demonstration: two invented offices, their calendar, and mornings that were and will be."""
