"""What looks show, what of it proves anything, and the verdict that follows."""
