"""Importing a calendar from a file."""
