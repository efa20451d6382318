"""The practice site: a scripted publisher on loopback for tests, demonstration and training."""

STATISTICS, MEASURES = DEMO_PRODUCERS = ("office-for-invented-statistics", "agency-for-made-up-measures")
"""The slugs of the two invented offices in the demonstration. The practice site serves their pages."""
