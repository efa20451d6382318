"""Texts in British English that describe codes and facts to users."""
