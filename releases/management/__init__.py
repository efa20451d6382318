"""Management commands of releases. They call the same functions as the pages and the admin site."""
