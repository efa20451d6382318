"""Changes made by SQL: verify_evidence must find each."""
