"""Setting an office up."""
