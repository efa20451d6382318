"""Tests of the pages of a redaction."""
