"""What people type, checked for its form only; what may be is decided by the functions that the forms lead to."""
