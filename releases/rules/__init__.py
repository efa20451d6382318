"""Pure rules for the calendar, lifecycles, roles, checks and budgets, without Django, network, clock or database."""
