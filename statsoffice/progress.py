"""Progress bars for slow commands, shown only if standard error is a terminal."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def progress_bar(desc: str, *, total: int | None, unit: str) -> Any:
    """Return a tqdm progress bar. If standard error is not a terminal, the bar prints nothing."""
    return tqdm(desc=desc, total=total, unit=unit, unit_scale=True, leave=False, disable=None)


def track[T](items: Iterable[T], total: int | None = None, *, desc: str, unit: str = " rows") -> Iterable[T]:
    """Iterate over items and show a progress bar.

    :param total: the number of items. It is not needed if `items` has a length.
    """
    bar: Iterable[T] = tqdm(items, desc=desc, total=total, unit=unit, unit_scale=True, leave=False, disable=None)
    return bar
