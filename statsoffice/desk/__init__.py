"""Today, across both apps: what is due, what was seen, what is to be done."""
