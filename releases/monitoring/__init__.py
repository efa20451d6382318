"""Monitoring: which addresses are due, the sweep that checks them, and the spool for an unavailable database."""
