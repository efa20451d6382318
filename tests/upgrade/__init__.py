"""What earlier versions left behind, and whether this one can go on from it."""
