"""Who signed in, took files out of the house and changed what: one page over what is on record anyway."""
