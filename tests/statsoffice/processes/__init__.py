"""How the product runs on one machine."""
