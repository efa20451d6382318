"""The admin site, behind the product's own sign-in, and its first page."""
