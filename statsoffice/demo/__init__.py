"""The demonstration: two invented offices in mid-life, with a year of calendar and results behind and before them."""
