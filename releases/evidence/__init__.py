"""Store, seal, export, anchor and prune the checks and pages of releases."""
