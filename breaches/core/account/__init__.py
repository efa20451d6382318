"""The account of a breach in plain English: what the record can prove, and no more."""
