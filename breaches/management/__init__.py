"""Management commands for breach reports. They call the same functions as the pages and the admin site."""
