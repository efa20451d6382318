"""Many releases at once: a year at a glance, next year's releases, addresses by a pattern."""
