"""Where the log goes and in which form."""

from typing import Any


def written_as(form: str, *, level: str) -> dict[str, Any]:
    """Return the configuration of Python's logging: everything to the standard error of the process.

    :param form: `plain` for people, or `json` for one JSON object in each line.
    :param level: from which level on the log tells.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": "statsoffice.logs.redaction.PlainLines",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "statsoffice.logs.json_lines.JsonLines"},
        },
        "filters": {"requests": {"()": "statsoffice.logs.requests.OneLineForEachRequest"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["requests"]}},
        # WeasyPrint tells of every step of every page; what matters comes as a warning.
        "loggers": {
            # Without Django's own handlers, which would write secrets.
            "django": {"level": "INFO"},
            "django.server": {"level": "INFO", "propagate": True},
            "weasyprint": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            # Gunicorn writes of errors in a form of its own otherwise.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }
