"""Views of the report pages. They check permissions, call functions outside this package, and show the results."""
