"""Backup and restore with the database's own tools, and the move of a trial system from SQLite to PostgreSQL."""


class BackupError(Exception):
    """A backup or a restore has failed. The message is for the operator."""
