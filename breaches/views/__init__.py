"""Pages of reports. A view checks the permission, calls a function and shows its result."""
