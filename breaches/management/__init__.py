"""Management commands of breaches. They call the same functions as the pages and the admin site."""
