"""A corpus of whole responses as publishers really give them, with the right answer for each."""
