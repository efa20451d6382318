"""Monitoring: the due addresses, the sweep that checks them, and the spool for an unavailable database."""
