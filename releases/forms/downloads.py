"""Files as answers: to be kept by whoever asked, and nowhere on the way."""

from datetime import datetime

from django.http import HttpResponse

from releases.core.dates import london
from releases.core.tables.files import MEDIA_TYPES, Kind


def as_download(content: bytes, kind: Kind, *, name: str) -> HttpResponse:
    """Give a file of a table.

    :param name: its name without the ending.
    """
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)


def dated(name: str, *, now: datetime) -> str:
    """Write the day on London's calendar behind a file's name: "releases-2026-06-30"."""
    return f"{name}-{london.local_date(now).isoformat()}"
