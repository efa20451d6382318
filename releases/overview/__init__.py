"""What a producer's own people read of their releases: lists, what needs attention, what is on record."""
