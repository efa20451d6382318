"""Codes and facts go in, sentences in British English come out."""
