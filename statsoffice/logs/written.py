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
            "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": "statsoffice.logs.json_lines.JsonLines"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        # WeasyPrint tells of every step of every page; what matters comes as a warning.
        "loggers": {
            "weasyprint": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            # Gunicorn writes of errors in a form of its own otherwise.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }
