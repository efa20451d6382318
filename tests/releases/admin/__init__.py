"""The admin site, by its own pages and POSTs."""
