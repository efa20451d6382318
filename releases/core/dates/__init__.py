"""Dates and times of releases: working days, London's time, months, the rhythm of a series, the year after."""
