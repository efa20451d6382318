"""Checks before a release: on the working day before, of its announcement, and by comparison each night."""
