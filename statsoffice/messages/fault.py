"""Why a message was not taken, in the same words whatever channel it went by."""


class NotTaken(Exception):
    """A message was not taken; whether trying again can help, and whether others would meet the same.

    `for_good`: it is refused, and would be again. `only_this`: what was refused is this message, and not the way.
    """

    def __init__(self, reason: str, *, for_good: bool = False, only_this: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good
        self.only_this = only_this


def told(fault: Exception) -> str:
    """Write a fault in one line: its kind and what it says."""
    return f"{type(fault).__name__}: {fault}"
