"""Webhooks and publishing systems of an invented office."""

from datetime import timedelta

from statsoffice.webhooks import endpoints
from statsoffice.webhooks.deliveries import create_deliveries, deliver
from statsoffice.webhooks.endpoints import EndpointPlan
from statsoffice.webhooks.models import EventType, WebhookDelivery
from tests.support.factories import A_LONG_TIME_AGO

ALL_TYPES = [one.value for one in EventType]
SECOND = timedelta(seconds=1)


def create_webhook(
    office, url="https://data.example.gov.uk/hooks", *, at=A_LONG_TIME_AGO, types=ALL_TYPES, by=None, **fields
):
    """Return a webhook of an office for all events, and its secret."""
    plan = EndpointPlan(**{"name": "Dashboard", "url": url, "event_types": types} | fields)
    created = endpoints.create_endpoint(office.producer, plan, by=by or office.head, at=at)
    return created.row, created.secret


def add_system(office, name="Content management system", *, at=A_LONG_TIME_AGO, by=None):
    created = endpoints.add_source(office.producer, name, by=by or office.head, at=at)
    return created.row, created.secret


def send_all(*, now):
    """Do what the job does."""
    create_deliveries(now=now)
    return deliver(now=now)


def queued_types():
    return list(WebhookDelivery.objects.order_by("pk").values_list("event_type", flat=True))
