"""Management commands that use both apps. They call the same functions as the pages."""
