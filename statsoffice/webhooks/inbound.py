"""The address at which a publishing system states that it has published a release."""

import logging
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from releases.publication_statements import (
    StatedPublication,
    StatementRefused,
    UnknownRelease,
    record_statement,
)
from statsoffice.webhooks.events import write_instant
from statsoffice.webhooks.models import EventType, PublicationSource
from statsoffice.webhooks.signatures import NotVerified, verify

MOST_BYTES = 16 * 1024
EVENT_TYPE = EventType.PUBLISHED.value
SHAPE = (
    f'Send JSON such as {{"type": "{EVENT_TYPE}", "data": {{"reference": "prices-may-2026", '
    '"published_at": "2026-06-16T09:30:02+01:00"}}.'
)
UNKNOWN_SYSTEM = "No publishing system has this address, or the secret of the system no longer works."

logger = logging.getLogger(__name__)


class PublishedData(BaseModel):
    """The reference of the published release, and the time of publication according to the sender."""

    # PostgreSQL refuses null characters in queries.
    reference: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    published_at: AwareDatetime


class PublishedEvent(BaseModel):
    """The event that a publishing system sends. Any other fields of the event are ignored."""

    type: str
    data: PublishedData


# CSRF protection is not needed, because the signature is verified and no cookie is read.
@csrf_exempt
@require_POST
def state_publication(request: HttpRequest, source: UUID) -> JsonResponse:
    """Verify and store a statement of publication. If a message is sent again, it gets the same response."""
    # Check the length before the body is read. If the request has no length, Django reads no body.
    if _length_of(request) > MOST_BYTES:
        return _refuse(413, f"Send at most {MOST_BYTES // 1024} KB.")
    system = PublicationSource.objects.filter(key=source, revoked_at__isnull=True).select_related("producer").first()
    if system is None:
        return _refuse(404, UNKNOWN_SYSTEM)
    now = timezone.now()
    try:
        message_id = verify(request.body, request.headers, secret=system.read_secret(), now=now)
    except NotVerified as refusal:
        logger.warning("Publishing system %s: %s", system.pk, refusal)
        return _refuse(401, str(refusal))
    except InvalidToken:
        logger.error("Publishing system %s: SECRET_KEY was replaced, so its secret cannot be read.", system.pk)
        return _refuse(404, UNKNOWN_SYSTEM)
    event = _read_event(request.body)
    if event is None:
        return _refuse(400, SHAPE)
    stated = StatedPublication(
        source=system.key,
        source_name=system.name,
        message_id=message_id,
        reference=event.data.reference,
        published_at=event.data.published_at,
    )
    try:
        row = record_statement(system.producer, stated, at=now)
    except UnknownRelease as refusal:
        return _refuse(404, str(refusal))
    except StatementRefused as refusal:
        return _refuse(400, str(refusal))
    times = {"published_at": row.published_at, "received_at": row.received_at}
    return _answer(200, {"recorded": True, **{name: write_instant(at) for name, at in times.items()}})


def _read_event(body: bytes) -> PublishedEvent | None:
    try:
        event = PublishedEvent.model_validate_json(body)
    except ValidationError:
        return None
    return event if event.type == EVENT_TYPE else None


def _length_of(request: HttpRequest) -> int:
    written = request.META.get("CONTENT_LENGTH", "")
    return int(written) if written.isascii() and written.isdigit() else 0


def _refuse(status: int, sentence: str) -> JsonResponse:
    return _answer(status, {"error": sentence})


def _answer(status: int, content: dict[str, object]) -> JsonResponse:
    response = JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = "no-store"
    return response
