"""Importing the calendar from files and from GOV.UK."""
