"""Submitted, approved, kept in the log or dismissed; sent, published, redacted."""
