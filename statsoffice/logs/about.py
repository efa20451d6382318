"""What the lines of the log are about while something is done: a request, a watcher."""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039  # never changed, only replaced


@contextlib.contextmanager
def about(**what: str) -> Iterator[None]:
    """Let every line of the log that is written in the block, by this thread, say what it is about."""
    before = _ABOUT.set({**_ABOUT.get(), **what})
    try:
        yield
    finally:
        _ABOUT.reset(before)


def now_about() -> Mapping[str, str]:
    """Return what the lines of the log are about at present."""
    return _ABOUT.get()
