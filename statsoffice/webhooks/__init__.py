"""Signed webhooks to the office's systems, and signed statements of publication from the systems (decision 111)."""
