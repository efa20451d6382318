"""One archive of everything that is kept, and how it comes back: whatever the kind of database, and streamed."""
