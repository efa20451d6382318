"""The commands: thin, so that pages, admin and commands all do the same by the same functions."""
