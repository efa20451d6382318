"""The log: what each line is about beside its words, and the form in which it is written."""
