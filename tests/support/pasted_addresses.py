"""Pasting an announcement's address, and sending the release that is read from it, as a person does."""

from datetime import UTC, datetime

from django.urls import reverse

from releases.models import Release

DUE = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
PATH = "/government/statistics/announcements/rain-june-2098"
TITLE = "Monthly rain: June 2098"
START = "/imports/govuk/"


def read(client, url):
    return client.post(START, {"url": url})


def sent(answer, **changes):
    """The form of a page as it would be sent, with changes."""
    form = answer.context["form"]
    values = {}
    for field in form:
        value = field.value()
        if field.name == "planned_on" and value:
            parts = value if isinstance(value, list) else [value.day, value.month, value.year]
            values |= {f"planned_on-{part}": each for part, each in zip(("day", "month", "year"), parts, strict=True)}
        elif value not in (None, ""):
            values[field.name] = getattr(value, "pk", value)
    return values | changes


def record(client, answer, **changes):
    return client.post(reverse("exchange:record_from_govuk"), sent(answer, **changes), follow=True)


def error(answer):
    (why,) = answer.context["form"].errors["url"]
    assert 'href="#id_url"' in answer.text
    assert not Release.objects.exists()
    return why
