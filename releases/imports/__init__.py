"""Importing the calendar from files, from GOV.UK and from the ONS."""
