"""Actions of Heads of Profession and deputies on webhooks and publishing systems."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases.models import Producer
from releases.models.event import lock_producer
from releases.permissions import (
    TABLE,
    Action,
    NotYours,
    Person,
    User,
    check_may,
    producers_where,
    standing_roles_of,
)
from releases.probe.post import refuse_post_address
from releases.rules.lifecycle import FieldRefused, MoveRefused
from statsoffice import encryption
from statsoffice.webhooks.deliveries import chain_positions, lock_active, turn_off, write_deliveries
from statsoffice.webhooks.events import WebhookEvent, write_payload
from statsoffice.webhooks.models import (
    PURPOSE,
    TEST_TYPE,
    EventType,
    OffReason,
    PublicationSource,
    WebhookChange,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointQuerySet,
)
from statsoffice.webhooks.signatures import make_message_id, make_secret

OLD_SECRET_LASTS = timedelta(hours=24)
MOST_OLD_SECRETS = 5
# If a person clicks again within this time, no second test event is sent.
_SECOND_CLICK = timedelta(seconds=10)


class WebhookRefused(FieldRefused):
    """A value that cannot be accepted; `field` names the invalid field."""


class NotPossible(MoveRefused):
    """The action is not possible, because the webhook is off or the delivery is already due."""


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """The details that a person enters for a new webhook."""

    name: str
    url: str
    event_types: Collection[str]
    with_rehearsals: bool = False


@dataclass(frozen=True, slots=True)
class RowWithSecret[Row]:
    """A new row and its unencrypted secret. The secret is shown only once."""

    row: Row
    secret: str = field(repr=False)


def endpoints_of(person: Person) -> WebhookEndpointQuerySet:
    """Return the webhooks that a person may manage."""
    producers = producers_where(person, Action.MANAGE_WEBHOOKS)
    return WebhookEndpoint.objects.filter(producer__in=producers).select_related("producer")


def sources_of(person: Person) -> QuerySet[PublicationSource]:
    """Return the publishing systems that a person may manage. Removed systems are left out."""
    producers = producers_where(person, Action.MANAGE_WEBHOOKS)
    return PublicationSource.objects.filter(producer__in=producers, revoked_at__isnull=True).select_related("producer")


def may_get_secret(person: Person, producer: Producer) -> bool:
    """Return whether a person may create webhooks, add publishing systems and replace secrets.

    Cover does not count, because a person who covers would still have the secret after the cover has ended.
    """
    return bool(TABLE[Action.MANAGE_WEBHOOKS] & standing_roles_of(person, producer))


def _check_may_get_secret(person: Person, producer: Producer) -> None:
    if not may_get_secret(person, producer):
        raise NotYours(f"{person} may not get the secret of a webhook or publishing system of {producer}.")


def create_endpoint(
    producer: Producer, plan: EndpointPlan, *, by: User, at: datetime
) -> RowWithSecret[WebhookEndpoint]:
    """Create a webhook. It gets only events that happen from now on.

    :raises NotYours: if none of the person's roles, apart from cover, allows it.
    :raises WebhookRefused: if the producer already has a webhook for this purpose, or the address is not accepted.
    """
    _check_may_get_secret(by, producer)
    name, url = plan.name.strip(), plan.url.strip()
    if refuse_post_address(url) is not None:
        sentence = _(
            "Enter a web address that starts with https:// and is not on a private network. To use a system on a "
            "private network, ask the operator of this service to allow its host and port."
        )
        raise WebhookRefused("url", sentence)
    secret = make_secret()
    with transaction.atomic():
        lock_producer(producer.pk)
        if WebhookEndpoint.objects.filter(producer=producer, name__iexact=name).exists():
            raise WebhookRefused("name", _("There is already a webhook for this purpose. Enter another purpose."))
        release_position, report_position = chain_positions()
        endpoint = WebhookEndpoint.objects.create(
            producer=producer,
            name=name,
            url=url,
            event_types=[one.value for one in EventType if one in plan.event_types],
            with_rehearsals=plan.with_rehearsals,
            secret=encryption.encrypt(secret, purpose=PURPOSE),
            created_at=at,
            since=at,
            release_position=release_position,
            report_position=report_position,
        )
        _record(endpoint, WebhookChange.Kind.CREATED, by=by, at=at)
    return RowWithSecret(endpoint, secret)


def replace_secret(endpoint: WebhookEndpoint, *, by: User, at: datetime) -> str:
    """Replace the secret of a webhook, and return the new secret.

    For a day, messages are signed with the old secret too. If the secret is replaced twice within a day, the receiving
    system may still use the first secret. So several old secrets can be in use at once. If the old secrets cannot be
    decrypted, because SECRET_KEY was replaced, they are dropped.

    :raises NotYours: if none of the person's roles, apart from cover, allows it.
    """
    _check_may_get_secret(by, endpoint.producer)
    secret = make_secret()
    with transaction.atomic():
        stored = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
        try:
            old = stored.secrets_at(at)[:MOST_OLD_SECRETS]
        except InvalidToken:
            old = []
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            secret=encryption.encrypt(secret, purpose=PURPOSE),
            old_secrets=encryption.encrypt(" ".join(old), purpose=PURPOSE) if old else "",
            old_secrets_until=at + OLD_SECRET_LASTS if old else None,
        )
        _record(endpoint, WebhookChange.Kind.SECRET_REPLACED, by=by, at=at)
    return secret


def turn_endpoint_off(endpoint: WebhookEndpoint, *, by: User, at: datetime) -> bool:
    """Turn a webhook off. Return False if it was off already.

    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, endpoint.producer)
    return turn_off(endpoint, OffReason.PERSON, at=at, by=by)


def leave_endpoint_off(endpoint: WebhookEndpoint, *, by: User, at: datetime) -> bool:
    """Record that a webhook that the service turned off stays off. Return False if this is not needed any more.

    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, endpoint.producer)
    with transaction.atomic():
        left_off = WebhookEndpoint.objects.stopped().filter(pk=endpoint.pk).update(left_off_at=at)
        if left_off:
            _record(endpoint, WebhookChange.Kind.LEFT_OFF, by=by, at=at)
    return bool(left_off)


def turn_endpoint_on(endpoint: WebhookEndpoint, *, by: User, at: datetime) -> bool:
    """Turn a webhook on again. Return False if it was on already.

    The webhook gets only events that happen from now on.

    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, endpoint.producer)
    with transaction.atomic():
        release_position, report_position = chain_positions()
        turned = WebhookEndpoint.objects.filter(pk=endpoint.pk, off_at__isnull=False).update(
            off_at=None,
            off_reason="",
            left_off_at=None,
            failing_since=None,
            since=at,
            release_position=release_position,
            report_position=report_position,
        )
        if turned:
            _record(endpoint, WebhookChange.Kind.TURNED_ON, by=by, at=at)
    return bool(turned)


def send_test(endpoint: WebhookEndpoint, *, by: User, at: datetime) -> None:
    """Queue a test event. If one was queued within the last ten seconds, do nothing, because this is a second click.

    :raises NotYours: if none of the person's roles allows it.
    :raises NotPossible: if the webhook is off.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, endpoint.producer)
    with transaction.atomic():
        _lock_active(endpoint)
        recent = WebhookDelivery.objects.filter(
            endpoint=endpoint, event_type=TEST_TYPE, created_at__gt=at - _SECOND_CLICK
        )
        if recent.exists():
            return
        body = write_payload(TEST_TYPE, at=at, data={"producer": endpoint.producer.slug, "webhook": endpoint.name})
        write_deliveries(endpoint, [WebhookEvent(f"{TEST_TYPE}:{make_message_id()}", TEST_TYPE, body)], now=at)
        _record(endpoint, WebhookChange.Kind.TESTED, by=by, at=at)


def send_again(delivery: WebhookDelivery, *, by: User, at: datetime) -> None:
    """Queue a delivery to be sent again at once.

    The delivery must have ended, or must be waiting for another attempt after a failure. Its message identifier does
    not change, so that the receiver recognises the message.

    :raises NotYours: if none of the person's roles allows it.
    :raises NotPossible: if the webhook is off, or the delivery is already due.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, delivery.endpoint.producer)
    with transaction.atomic():
        _lock_active(delivery.endpoint)
        found = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(
            delivered_at__isnull=True, given_up_at__isnull=True, due_at__lte=at
        )
        if not found.update(delivered_at=None, given_up_at=None, due_at=at, attempts=0, claimed_until=None):
            raise NotPossible(_("This delivery is already waiting to be sent."))
        _record(delivery.endpoint, WebhookChange.Kind.SENT_AGAIN, by=by, at=at)


def _lock_active(endpoint: WebhookEndpoint) -> None:
    if lock_active(endpoint.pk) is None:
        raise NotPossible(_("This webhook is off. Turn it on first."))


def add_source(producer: Producer, name: str, *, by: User, at: datetime) -> RowWithSecret[PublicationSource]:
    """Add a system that tells us when it has published.

    :raises NotYours: if none of the person's roles, apart from cover, allows it.
    :raises WebhookRefused: if the producer already has a system with this name.
    """
    _check_may_get_secret(by, producer)
    name, secret = name.strip(), make_secret()
    with transaction.atomic():
        lock_producer(producer.pk)
        if PublicationSource.objects.filter(producer=producer, name__iexact=name, revoked_at__isnull=True).exists():
            raise WebhookRefused("name", _("There is already a system with this name. Enter another name."))
        source = PublicationSource.objects.create(
            producer=producer, name=name, secret=encryption.encrypt(secret, purpose=PURPOSE), created_at=at
        )
        _record(source, WebhookChange.Kind.SOURCE_ADDED, by=by, at=at)
    return RowWithSecret(source, secret)


def revoke_source(source: PublicationSource, *, by: User, at: datetime) -> bool:
    """Revoke a publishing system. Return False if it was revoked already.

    No more statements from the system are accepted. Its earlier statements stay.

    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.MANAGE_WEBHOOKS, source.producer)
    with transaction.atomic():
        revoked = PublicationSource.objects.filter(pk=source.pk, revoked_at__isnull=True).update(revoked_at=at)
        if revoked:
            _record(source, WebhookChange.Kind.SOURCE_REVOKED, by=by, at=at)
    return bool(revoked)


def _record(of: WebhookEndpoint | PublicationSource, kind: WebhookChange.Kind, *, by: User, at: datetime) -> None:
    WebhookChange.objects.create(
        endpoint=of if isinstance(of, WebhookEndpoint) else None,
        source=of if isinstance(of, PublicationSource) else None,
        producer_id=of.producer_id,
        kind=kind,
        actor=by,
        at=at,
    )
