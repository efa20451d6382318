"""A progress bar for commands that take minutes, on standard error and only where that is a terminal."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def progress_bar(desc: str, *, total: int | None, unit: str) -> Any:
    """Return a tqdm bar; without a terminal it prints nothing."""
    return tqdm(desc=desc, total=total, unit=unit, unit_scale=True, leave=False, disable=None)


def track[T](items: Iterable[T], total: int | None = None, *, desc: str, unit: str = " rows") -> Iterable[T]:
    """Iterate with a progress bar; the total is known if the items have a length."""
    bar: Iterable[T] = tqdm(items, desc=desc, total=total, unit=unit, unit_scale=True, leave=False, disable=None)
    return bar
