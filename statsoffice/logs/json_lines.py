"""The log as one JSON object a line, for programs that gather logs."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from statsoffice.logs.about import now_about
from statsoffice.logs.redaction import redact

GIVEN = ("release", "method", "path", "status", "milliseconds")
"""What a line says of itself beside its words; what else libraries add, such as whole requests, is left out."""


class JsonLines(logging.Formatter):
    """Write a line of the log as JSON: when, how grave, who says what, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **now_about(),
            **_task(),
            **{name: getattr(record, name) for name in GIVEN if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


def _task() -> dict[str, str]:
    """Name the task that a worker does at present, and its delivery. A web process imports no Celery and has none."""
    task = sys.modules["celery"].current_task if "celery" in sys.modules else None
    if not task or not task.request.id:
        return {}
    return {"task": task.name, "task_id": task.request.id}
