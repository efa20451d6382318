"""Who is told what, by which channel: written to an outbox, delivered, tried again."""
