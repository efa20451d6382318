"""The pages of the calendar and of releases: who asks is checked, a function is called, and its answer shown."""
