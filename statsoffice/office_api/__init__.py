"""The API for the office’s own systems: its tokens, and the pages on which they are created and revoked."""
