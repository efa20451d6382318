"""People, invitations, signing in and its second step, the office's own provider."""
