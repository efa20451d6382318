"""Views for the calendar and for releases. Each view checks permissions, calls a function and shows the result."""
