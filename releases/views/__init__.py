"""Pages of the calendar and of releases. A view checks the permission, calls a function and shows its result."""
