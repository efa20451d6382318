"""The API for the office’s own systems, and the pages to create and revoke API tokens."""
