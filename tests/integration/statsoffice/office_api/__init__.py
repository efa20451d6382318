"""Tests of the API for the office's own systems."""
