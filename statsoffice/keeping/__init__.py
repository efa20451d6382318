"""How long things are kept, over both apps: evidence, names, sessions, details of messages."""
