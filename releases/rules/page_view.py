"""A page that a browser loads: the request, and what the page showed."""

from dataclasses import dataclass
from enum import StrEnum

from releases.rules.response import Failure, Hop

BROWSER = "browser"
"""The name of the adapter whose addresses are requested by the browser."""


class BrowserState(StrEnum):
    """Whether a browser can load pages here, and whether its processes are in Chromium's own sandbox.

    WITHOUT_SANDBOX: the browser's sandbox is off, or we cannot confirm that its processes have namespaces of their own.
    """

    NOT_INSTALLED = "not_installed"
    DOES_NOT_START = "does_not_start"
    SANDBOXED = "sandboxed"
    WITHOUT_SANDBOX = "without_sandbox"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to load. Only the page itself must be on `allowed_hosts`; its images and scripts need not be."""

    url: str
    allowed_hosts: tuple[str, ...]
    picture: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class PageView:
    """A loaded page, or the reason why there is none.

    `body` is the document as the scripts have made it, in UTF-8. `picture` is a PNG of `width` by `height` CSS pixels,
    and `small` is a PNG of the top of the page. `sent`, `pictured` and `done` are readings of the machine's monotonic
    clock, in seconds.
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
