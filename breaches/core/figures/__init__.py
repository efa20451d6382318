"""How an office is doing, counted."""
