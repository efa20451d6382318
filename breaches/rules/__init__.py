"""Pure rules of breach reports: no Django, no network, no clock, no database."""
