"""Texts in British English for codes and facts."""
