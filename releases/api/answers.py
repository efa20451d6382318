"""What the API answers: announced facts, with the names and shapes that its document states."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from releases.core.announced import AnnouncedMove, AnnouncedRelease, PublicStatus, days_of
from releases.core.dates.calendar import Precision, Slot
from releases.models import Contact
from releases.models.series import Designation
from releases.readers.public_addresses import whole


class Problem(Schema):
    """What is wrong with a question."""

    error: str = Field(description="One sentence.")


class NamedAnswer(Schema):
    """A producer or a series, by name."""

    slug: str = Field(description="Its name in addresses and in parameters.")
    name: str = Field(description="Its name as the office writes it.")


class DateAnswer(Schema):
    """A date as exactly as it is announced."""

    text: str = Field(description="As the calendar prints it.", examples=["30 June 2026 9:30am", "July 2026"])
    precision: Precision
    first_day: date = Field(description="The first day on which the release may come.")
    last_day: date = Field(description="The last day; the same one, if the date is exact.")
    time: str | None = Field(description="The local time of an exact date.", examples=["09:30"])
    zone: str = Field(description="The time zone of the local time.", examples=["Europe/London"])


class ReleaseAnswer(Schema):
    """What is announced of a release."""

    id: UUID = Field(description="Stays the same for ever; also the UID of its event in calendars.")
    reference: str = Field(description="Its name in addresses.")
    title: str = Field(description="As it is announced.")
    status: PublicStatus
    date: DateAnswer
    due_at: datetime | None = Field(description="The instant of an exact date, in UTC.")
    designation: Designation
    producer: NamedAnswer
    series: NamedAnswer
    announced_at: datetime = Field(description="The instant at which it was announced.")
    changed_at: datetime = Field(
        description="The last announced change. Of a published release it is the time that it was announced for."
    )
    cancellation_reason: str | None = Field(description="Why it was cancelled.")
    statistics_url: str | None = Field(description="Where the statistics are, once they are due and live.")
    url: str = Field(description="Its page in this calendar.")
    calendar_url: str = Field(description="The same as an iCalendar file.")


class DateChangeAnswer(Schema):
    """One announced change of date."""

    was: DateAnswer
    to: DateAnswer
    reason: str | None = Field(description="The public reason; a change of a provisional date needs none.")
    first_reason: str | None = Field(description="The reason as first announced, if it was corrected since.")
    corrected_at: datetime | None = Field(description="When the reason was last corrected.")
    announced_at: datetime


class ContactAnswer(Schema):
    """The responsible statistician or team, where the office shows them to readers."""

    name: str
    email: str
    telephone: str | None


class WholeReleaseAnswer(ReleaseAnswer):
    """What is announced of a release, with its changes of date, its contact and the next of its series."""

    date_changes: list[DateChangeAnswer] = Field(description="Announced changes of its date, with their reasons.")
    contact: ContactAnswer | None = Field(description="The contact, if the office publishes one.")
    next_release: str | None = Field(description="The reference of the next release of the series.")


class ListAnswer(Schema):
    """One page of a list."""

    next_url: str | None = Field(description="Address of the next page of the list; null at the end.")


class ReleasesAnswer(ListAnswer):
    """Releases by date, in an order that stays."""

    releases: list[ReleaseAnswer] = Field(description="Each as below, without changes, contact and next release.")


class ProducersAnswer(ListAnswer):
    """Producers of which anything is announced."""

    producers: list[NamedAnswer]


class SeriesAnswer(NamedAnswer):
    """A series of which anything is announced."""

    designation: Designation
    producer: NamedAnswer
    calendar_url: str = Field(description="The address at which calendars subscribe to it.")
    changes_url: str = Field(description="Its Atom feed of changes.")


class SeriesListAnswer(ListAnswer):
    """Series of which anything is announced."""

    series: list[SeriesAnswer]


def date_answer(slot: Slot) -> dict[str, Any]:
    """Return the fields of a DateAnswer."""
    first, last = days_of(slot)
    at = f"{slot.at:%H:%M}" if isinstance(slot.at, time) and slot.precision is Precision.EXACT else None
    return {
        "text": str(slot),
        "precision": slot.precision,
        "first_day": first,
        "last_day": last,
        "time": at,
        "zone": slot.zone,
    }


def release_answer(release: AnnouncedRelease) -> dict[str, Any]:
    """Return the fields of a ReleaseAnswer."""
    return {
        "id": release.public_id,
        "reference": release.reference,
        "title": release.title,
        "status": release.status,
        "date": date_answer(release.slot),
        "due_at": release.due_at,
        "designation": release.designation,
        "producer": {"slug": release.producer.slug, "name": release.producer.name},
        "series": {"slug": release.series.slug, "name": release.series.name},
        "announced_at": release.announced_at,
        "changed_at": release.changed_at,
        "cancellation_reason": release.cancellation_reason or None,
        "statistics_url": release.page or None,
        "url": whole("releases:release", release.reference),
        "calendar_url": whole("releases:release_calendar", release.reference),
    }


def date_change_answer(move: AnnouncedMove) -> dict[str, Any]:
    """Return the fields of a DateChangeAnswer."""
    return {
        "was": date_answer(move.was),
        "to": date_answer(move.to),
        "reason": move.reason or None,
        "first_reason": move.first_reason or None,
        "corrected_at": move.corrected_at,
        "announced_at": move.announced_at,
    }


def contact_answer(contact: Contact | None) -> dict[str, Any] | None:
    """Return the fields of a ContactAnswer, or None where the office shows no contact to readers."""
    if contact is None or not contact.is_public:
        return None
    return {"name": contact.name, "email": contact.email, "telephone": contact.telephone or None}
