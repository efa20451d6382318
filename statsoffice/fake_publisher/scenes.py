"""The state of the practice site: the script of each page, the clock, and the requests so far."""

import base64
import binascii
import json
import os
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HTML = "text/html; charset=utf-8"
TOKEN_HEADER = "x-rehearsal-token"  # noqa: S105 (the header's name, not a token)
LONGEST_DELAY_SECONDS = 60
_MOST_ARRIVALS = 200_000
_KNOWN = {"from", "status", "body", "base64", "content_type", "headers", "delay_seconds"}
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_LINE_BREAK = re.compile(r"[\r\n\0]")


class BadScriptError(ValueError):
    """A script is not valid. The message names the page and the scene, and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One response of a page.

    The site sends this response from the aware instant `starts` until the next scene of the page starts. If `starts` is
    None, this is the first scene of the page and has no start time.
    """

    starts: datetime | None
    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    delay_seconds: float


Script = tuple[Scene, ...]


def read_script(path: str, written: object) -> Script:
    """Parse the scenes of one page, and sort them by the time at which they start.

    :param written: a list of objects with any of these keys: from (ISO 8601 with offset, or null), status (default
        200), body (text) or base64 (bytes), content_type, headers (an object), delay_seconds (0 to 60).
    :raises BadScriptError: if the path or a scene is invalid, or two scenes begin at the same instant.
    """
    if not path.startswith("/") or path.startswith("/_control") or _LINE_BREAK.search(path):
        raise BadScriptError(
            f'"{path}" is not a valid path. A path must begin with /, must not begin with /_control, and must not '
            "contain a line break."
        )
    if not isinstance(written, list) or not written:
        raise BadScriptError(f"{path}: a script is a list of at least one scene.")
    scenes = []
    for place, scene in enumerate(written, start=1):
        try:
            scenes.append(_read_scene(scene))
        except BadScriptError as error:
            raise BadScriptError(f"{path}, scene {place}: {error}") from None
    starts = [scene.starts for scene in scenes]
    if len(set(starts)) < len(starts):
        raise BadScriptError(f"{path}: two scenes begin at the same instant.")
    beginning = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(scenes, key=lambda scene: scene.starts or beginning))


def in_force(script: Sequence[Scene], *, at: datetime) -> Scene | None:
    """Return the scene that the page shows at an instant, or None if no scene has started."""
    current = None
    for scene in script:
        if scene.starts is not None and scene.starts > at:
            break
        current = scene
    return current


def next_change(script: Sequence[Scene], *, at: datetime) -> datetime | None:
    """Return the time at which the next scene starts after `at`, or None if there is no next scene."""
    return next((scene.starts for scene in script if scene.starts is not None and scene.starts > at), None)


def scene(
    body: str | bytes = "",
    *,
    starts: datetime | None = None,
    status: int = 200,
    content_type: str = HTML,
    headers: Mapping[str, str] | None = None,
    delay_seconds: float = 0,
) -> dict[str, Any]:
    """Return a scene in the format that the control endpoint accepts."""
    written: dict[str, Any] = {"status": status, "content_type": content_type}
    if starts is not None:
        written["from"] = starts.isoformat()
    if headers:
        written["headers"] = dict(headers)
    if delay_seconds:
        written["delay_seconds"] = delay_seconds
    if isinstance(body, str):
        return written | {"body": body}
    return written | {"base64": base64.b64encode(body).decode()}


def _read_scene(written: object) -> Scene:
    if not isinstance(written, dict):
        raise BadScriptError("a scene is an object.")
    if unknown := set(written) - _KNOWN:
        raise BadScriptError(f"unknown: {', '.join(sorted(map(str, unknown)))}.")
    status = written.get("status", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise BadScriptError("the status must be a number from 200 to 599.")
    delay = written.get("delay_seconds", 0)
    if not isinstance(delay, int | float) or not 0 <= delay <= LONGEST_DELAY_SECONDS:
        raise BadScriptError(f"delay_seconds must be a number from 0 to {LONGEST_DELAY_SECONDS}.")
    return Scene(
        starts=read_instant(written.get("from")),
        status=status,
        body=_read_body(written),
        headers=_read_headers(written),
        delay_seconds=delay,
    )


def read_instant(written: object) -> datetime | None:
    if written is None:
        return None
    try:
        instant = datetime.fromisoformat(str(written))
    except ValueError:
        raise BadScriptError(f'"{written}" is not an instant in ISO 8601.') from None
    if instant.tzinfo is None:
        raise BadScriptError(f'"{written}" lacks its offset from UTC.')
    return instant.astimezone(UTC)


def _read_body(written: Mapping[str, Any]) -> bytes:
    if "body" in written and "base64" in written:
        raise BadScriptError("give body or base64, not both.")
    text = written.get("base64", written.get("body", ""))
    if not isinstance(text, str):
        raise BadScriptError("the body must be text.")
    if "base64" not in written:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadScriptError("the body is not base64.") from None


def _read_headers(written: Mapping[str, Any]) -> tuple[tuple[bytes, bytes], ...]:
    given = written.get("headers", {})
    if not isinstance(given, dict):
        raise BadScriptError("headers are an object of names and values.")
    named = {"content-type": str(written.get("content_type", HTML))}
    named |= {str(name).lower(): str(value) for name, value in given.items()}
    for name, value in named.items():
        if not _HEADER_NAME.fullmatch(name) or _LINE_BREAK.search(value) or not value.isascii():
            raise BadScriptError(f'the header "{name}" cannot be sent.')
    return tuple((name.encode(), value.encode()) for name, value in named.items())


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request for a page. `at` is the real time of the request, even if the site's clock is stopped."""

    path: str
    at: datetime


@dataclass(slots=True)
class SiteState:
    """Everything that the control endpoint can change.

    `fixed_at` is the instant at which the clock is stopped, or None. `written` maps each path to the script as it was
    sent, and `scripts` maps each path to the parsed script. If `file` is set, the scripts are also saved in this file,
    so that they survive a restart.
    """

    file: Path | None = None
    fixed_at: datetime | None = None
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=_MOST_ARRIVALS))
    written: dict[str, Any] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.fixed_at or datetime.now(UTC)

    def arrive(self, path: str) -> Scene | None:
        """Log a request for a path, and return the current scene. Return None if the path has no scene yet."""
        self.arrivals.append(Arrival(path, datetime.now(UTC)))
        script = self.scripts.get(path)
        return in_force(script, at=self.now()) if script else None

    def put(self, pages: Mapping[str, Any], *, replace: bool) -> None:
        """Set the scripts of pages.

        :param pages: a dict that maps paths to scripts. If a script is None, the page is removed.
        :param replace: whether to remove all pages that are not in `pages`.
        :raises BadScriptError: if a script is not valid. In this case, no page is changed.
        """
        read = {path: read_script(path, scenes) for path, scenes in pages.items() if scenes is not None}
        remaining = {} if replace else self.written
        written = {path: scenes for path, scenes in {**remaining, **pages}.items() if scenes is not None}
        self.scripts = {path: read.get(path) or self.scripts[path] for path in written}
        self.written = written
        if self.file is not None:
            unfinished = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(written))
            unfinished.replace(self.file)


def load_state(file: Path | None) -> SiteState:
    """Load the scripts of an earlier run from a file. If there is no file, start without scripts.

    :raises BadScriptError: if the file does not contain valid scripts.
    """
    state = SiteState()
    if file is not None and file.exists():
        try:
            pages = json.loads(file.read_text())
        except ValueError as error:
            raise BadScriptError(f"{file} cannot be read: {error}") from error
        if not isinstance(pages, dict):
            raise BadScriptError(f"{file} must contain a JSON object that maps paths to scripts.")
        state.put(pages, replace=True)
    state.file = file
    return state
