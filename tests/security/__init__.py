"""Attacks on the whole product, each a real request."""
