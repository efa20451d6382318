"""The request to load a page in a browser, and the loaded page."""

from dataclasses import dataclass
from enum import StrEnum

from releases.rules.response import Failure, Hop

BROWSER = "browser"
"""The name of the adapter for addresses that are loaded in a browser."""


class BrowserState(StrEnum):
    """Whether this machine can load pages in a browser, and whether Chromium's sandbox is in use.

    The state is `WITHOUT_SANDBOX` if the sandbox is off, or if we cannot confirm that the browser's processes run in
    separate namespaces.
    """

    NOT_INSTALLED = "not_installed"
    DOES_NOT_START = "does_not_start"
    SANDBOXED = "sandboxed"
    WITHOUT_SANDBOX = "without_sandbox"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to load.

    The page must be on one of the `allowed_hosts`. Its images and scripts may be on other hosts.
    """

    url: str
    allowed_hosts: tuple[str, ...]
    picture: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class PageView:
    """A loaded page, or the reason why the page could not be loaded.

    `body` is the document after its scripts have run, in UTF-8. `picture` is a PNG of `width` by `height` CSS pixels,
    and `small` is a smaller PNG of the top of the page. `sent`, `pictured` and `done` are readings of the machine's
    monotonic clock, in seconds.
    """

    sent: float
    done: float
    failure: Failure | None = None
    detail: str = ""
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    final_url: str = ""
    left_allowed_hosts: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    picture: bytes = b""
    small: bytes = b""
    pictured: float = 0.0
    width: int = 0
    height: int = 0
    browser: str = ""
