"""The rules of reports, pure: no Django, no network, no clock, no database."""
