"""A report as it is laid out for the page, for print and for the public."""
