"""What people add to a draft until it can be decided."""
