"""Backups are taken and brought back."""
