"""The commands that span both apps: thin, like all of them."""
