"""Webhooks with deliveries in each state, and a publishing system, for browser tests of the pages."""

from datetime import timedelta

from django.urls import reverse

from statsoffice.webhooks import endpoints
from statsoffice.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.support.factories import SEED_DUE
from tests.support.people import Office
from tests.support.webhooks import add_system, create_webhook

NOW = SEED_DUE - timedelta(hours=2)


def pages_of_webhooks(office: Office) -> dict[str, str]:
    """Create a webhook that fails and a publishing system, and return the addresses of their pages by name."""
    webhook, _secret = create_webhook(office, "https://data.example.gov.uk/statistics/hooks/releases", at=NOW)
    for number, state in enumerate((
        {"delivered_at": NOW, "last_status": 204, "attempts": 1},
        {"given_up_at": NOW, "last_status": 500, "attempts": 10},
        {"last_fault": "timeout: Operation timed out after 15001 milliseconds with 0 bytes received", "attempts": 3},
    )):  # fmt: skip
        at = NOW + timedelta(minutes=number)
        endpoints.send_test(webhook, by=office.head, at=at)
        WebhookDelivery.objects.filter(created_at=at).update(**state)
    WebhookEndpoint.objects.filter(pk=webhook.pk).update(failing_since=NOW)
    system, _secret = add_system(office, at=NOW)
    slug = office.producer.slug
    return {
        "webhooks": reverse("webhooks:webhooks"),
        "a webhook": reverse("webhooks:webhook", args=[webhook.pk]),
        "creating a webhook": reverse("webhooks:create_webhook", args=[slug]),
        "replacing a secret": reverse("webhooks:replace_secret", args=[webhook.pk]),
        "turning off a webhook": reverse("webhooks:turn_off", args=[webhook.pk]),
        "adding a publishing system": reverse("webhooks:add_system", args=[slug]),
        "removing a publishing system": reverse("webhooks:remove_system", args=[system.pk]),
    }
