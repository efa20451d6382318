"""What every page needs to know of the office."""

from django.conf import settings
from django.http import HttpRequest


def office(request: HttpRequest) -> dict[str, str | bool]:
    """Give every template the office's name, and whether it shows breaches to everybody."""
    return {"office_name": settings.OFFICE_NAME, "breaches_public": settings.BREACHES_PUBLIC}
