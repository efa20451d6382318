"""Backup and restore with the database's own tools, and the move of a trial from SQLite to PostgreSQL."""


class BackupError(Exception):
    """A backup or a restore is not possible; the message is for the operator."""
