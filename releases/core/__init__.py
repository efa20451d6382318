"""The rules, pure: no Django, no network, no clock, no database. Everything above is built on them."""
