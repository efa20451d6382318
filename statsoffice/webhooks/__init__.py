"""Signed webhooks to systems of the office, and signed statements of publication from them (decision 111)."""
