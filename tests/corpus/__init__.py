"""A corpus of whole responses as publishers really send them, with the right answer for each."""
