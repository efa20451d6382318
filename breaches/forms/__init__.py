"""Forms of reports: the four sections, the moves, and the register."""
