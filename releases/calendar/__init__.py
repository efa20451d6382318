"""The calendar's moves and what is said beside them: recorded, announced, moved, cancelled; delays, tasks, contacts."""
