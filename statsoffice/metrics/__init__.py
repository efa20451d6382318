"""Figures for Prometheus: counts and ages from the database, so that any web process gives the same; no names."""
