"""The audit trail: one page of sign-ins, downloads and changes, mostly read from existing records."""
