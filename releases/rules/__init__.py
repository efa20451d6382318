"""Pure rules: the calendar, lifecycles, roles, checks and budgets. No Django, no network, no clock, no database."""
