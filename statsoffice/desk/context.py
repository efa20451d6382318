"""What every page needs to know of the office."""

from django.conf import settings
from django.http import HttpRequest


def office(request: HttpRequest) -> dict[str, str]:
    """Give every template the office's name."""
    return {"office_name": settings.OFFICE_NAME}
