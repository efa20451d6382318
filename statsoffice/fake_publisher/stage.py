"""The site's state: the script of each page, the clock by which they are played, and who came when."""

import json
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from statsoffice.fake_publisher.scenes import BadScriptError, Scene, Script, in_force, read_script

_MOST_ARRIVALS = 200_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request for a page; `at` is the real instant, whatever the site's clock says."""

    path: str
    at: datetime


@dataclass(slots=True)
class Stage:
    """Everything that the control endpoint can change. Scripts survive a restart if there is a file for them."""

    file: Path | None = None
    stands_at: datetime | None = None
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=_MOST_ARRIVALS))
    _written: dict[str, Any] = field(default_factory=dict)
    _scripts: dict[str, Script] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.stands_at or datetime.now(UTC)

    def arrive(self, path: str) -> Scene | None:
        """Log a request for a page, and return its scene, or None if there is none yet."""
        self.arrivals.append(Arrival(path, datetime.now(UTC)))
        script = self._scripts.get(path)
        return in_force(script, at=self.now()) if script else None

    def scripts(self) -> Mapping[str, Script]:
        return self._scripts

    def written(self) -> Mapping[str, Any]:
        return self._written

    def put(self, pages: Mapping[str, Any], *, replace: bool) -> None:
        """Set these scripts; null removes a page, and `replace` every page that is not named.

        :raises BadScriptError: if one is not valid. Nothing is changed then.
        """
        read = {path: read_script(path, scenes) for path, scenes in pages.items() if scenes is not None}
        kept = {} if replace else self._written
        written = {path: scenes for path, scenes in {**kept, **pages}.items() if scenes is not None}
        self._scripts = {path: read.get(path) or self._scripts[path] for path in written}
        self._written = written
        self._save()

    def _save(self) -> None:
        if self.file is None:
            return
        unfinished = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(self._written))
        unfinished.replace(self.file)


def stage_from(file: Path | None) -> Stage:
    """Return the state of an earlier run from its file, if there is one.

    :raises BadScriptError: if the file contains anything else.
    """
    stage = Stage()
    if file is not None and file.exists():
        try:
            pages = json.loads(file.read_text())
        except ValueError as error:
            raise BadScriptError(f"{file} cannot be read: {error}") from error
        if not isinstance(pages, dict):
            raise BadScriptError(f"{file} does not hold scripts by path.")
        stage.put(pages, replace=True)
    stage.file = file
    return stage
