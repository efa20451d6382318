"""Documents about invented releases, in the shapes of the GOV.UK content API."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, Slot, in_london, place_on_working_day

API = "/api/content"

type Document = dict[str, Any]


def announcement(
    path: str, title: str, *, due_at: datetime | None = None, organisations: Sequence[str] = (), **details: str
) -> Document:
    """Return the announcement of a release.

    If `due_at` is None, pass the month or day of the release as `display_date`.

    :param organisations: the titles of the organisations.
    :param details: other fields of an announcement, such as state or cancellation_reason.
    """
    said: dict[str, Any] = {"state": "confirmed", "format_sub_type": "official"}
    if due_at:
        said |= {"display_date": format_display_date(due_at), "release_timestamp": in_utc(due_at)}
    return _document(
        path,
        title,
        schema="statistics_announcement",
        kind="official_statistics_announcement",
        first_published_at="2026-01-12T10:04:11.000+00:00",
        public_updated_at="2026-05-04T13:20:45.000+00:00",
        details=said | details,
        links={"organisations": [{"title": each, "document_type": "organisation"} for each in organisations]},
    )


def publication(
    path: str,
    title: str,
    *,
    published_at: datetime,
    first_published_at: datetime | None = None,
    kind: str = "official_statistics",
    scheduled_at: datetime | None = None,
    delay_seconds: int | None = None,
    changes: Sequence[tuple[datetime, str]] | None = None,
    body: str = "<p>Two of the three regions show a rise on the year before.</p>",
    attachments: Sequence[str] = (),
    withdrawn: tuple[datetime, str] | None = None,
) -> Document:
    """Return the document for a page of published statistics.

    :param published_at: the aware instant of the last public change to the page.
    :param first_published_at: the aware instant of the first publication, if different from `published_at`.
    :param delay_seconds: the delay after `scheduled_at` that GOV.UK reports.
    :param changes: the public history of the page, newest first. The default is one entry, "First published.".
    :param attachments: the titles of the attachments.
    :param withdrawn: the aware instant at which the page was marked as withdrawn, and the reason.
    """
    first = first_published_at or published_at
    history = [(first, "First published.")] if changes is None else changes
    document = _document(
        path,
        title,
        schema="statistical_data_set" if kind == "statistical_data_set" else "publication",
        kind=kind,
        first_published_at=in_utc(first),
        public_updated_at=in_utc(published_at),
        details={
            "body": f'<div class="govspeak">{body}</div>',
            "attachments": [{"title": one, "attachment_type": "file", "accessible": True} for one in attachments],
            "change_history": [
                {"public_timestamp": in_london(at).isoformat(timespec="milliseconds"), "note": note}
                for at, note in history
            ],
        },
    )
    if scheduled_at:
        document["publishing_scheduled_at"] = in_utc(scheduled_at)
        document["scheduled_publishing_delay_seconds"] = delay_seconds
    if withdrawn:
        at, why = withdrawn
        document["withdrawn_notice"] = {"explanation": f"<p>{why}</p>", "withdrawn_at": f"{at.astimezone(UTC):%FT%TZ}"}
    return document


def redirect(path: str, to: str) -> Document:
    """Return the redirect that replaces an announcement when its statistics are published."""
    moved = {"redirects": [{"path": path, "type": "exact", "destination": to}]}
    return _document(path, None, schema="redirect", kind="redirect", details={}) | moved


def due_on(day: date) -> datetime:
    """Return the aware instant of 9:30am in London on a day. If it is not a working day, use the next working day."""
    due_at = place_on_working_day(Slot(day, STANDARD_RELEASE_TIME), nation=Nation.ENGLAND).slot.due_at
    assert due_at is not None  # noqa: S101  # an exact slot has its instant
    return due_at


def format_display_date(at: datetime) -> str:
    """Format an instant in London time, as readers see it: "30 June 2026 9:30am"."""
    local = in_london(at)
    return f"{local.day} {local:%B %Y} {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def in_utc(at: datetime) -> str:
    """Format an aware instant as in most fields of a document: "2026-06-30T08:30:36.000+00:00"."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _document(path: str, title: str | None, *, schema: str, kind: str, **fields: Any) -> Document:
    return {
        "base_path": path,
        "content_id": "5f0c1f8e-0000-4000-8000-000000000000",
        "description": None if title is None else "Figures by region, with the year before for comparison.",
        "document_type": kind,
        "links": {},
        "locale": "en",
        "publishing_app": "rehearsal",
        "schema_name": schema,
        "title": title,
        "withdrawn_notice": {},
        **fields,
    }
