"""Users, invitations, sign-in with a second factor, and the office's own sign-in provider."""
