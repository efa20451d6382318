"""The admin site's own pages."""
