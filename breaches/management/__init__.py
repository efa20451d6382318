"""The commands of reports: thin, like those of releases."""
