"""security.txt, which tells people who find a vulnerability where to report it (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

# RFC 9116 recommends less than a year. Each response counts from its own day, so the file never expires in use.
VALID_FOR = timedelta(days=90)


@require_safe
def security_txt(_request: HttpRequest) -> HttpResponse:
    """Show the office's contact for vulnerabilities.

    :raises Http404: if the office has not set one.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404("No contact for vulnerabilities is set.")
    today = timezone.now().astimezone(UTC).date()
    expires = datetime(today.year, today.month, today.day, tzinfo=UTC) + VALID_FOR
    lines = (
        f"Contact: mailto:{settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.ADDRESS}{reverse('security_txt')}",
    )
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
