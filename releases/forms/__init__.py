"""Forms of the calendar. They validate the format of the input; the actions decide which input is allowed."""
