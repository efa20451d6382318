"""iCalendar files (RFC 5545) and Atom feeds (RFC 4287, RFC 5005) of the public calendar."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from io import BytesIO
from typing import Any, Concatenate
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, vDuration, vText

from releases.models import DateChange, PublishedCorrection, Release, Series
from releases.models.producer import Designation
from releases.public import calendar
from releases.public.calendar import CalendarQuery, filter_releases
from releases.rules import calendar as rules_calendar
from releases.rules.calendar import Slot, month_of
from releases.rules.lifecycle import Status
from releases.rules.public_calendar import (
    AnnouncedRelease,
    Change,
    PublicEvent,
    PublicStatus,
    SlugName,
    changes_of,
    days_of,
)
from releases.text.calendar import STATUSES
from releases.text.dates import write_moment, write_slot
from releases.text.languages import (
    ENGLISH,
    WELSH,
    choose_language,
    is_welsh,
    language_of,
    language_tag,
    mark_language,
    office_names,
)

MOST_RELEASES = 1000
CHANGES_PER_PAGE = 100
MOST_PAGES = 10


class NoSuchSubscription(Http404):
    """The producer or series does not exist, or has no announced releases.

    The message is the same in both cases, because readers must not learn which of the two it is.
    """


@dataclass(frozen=True, slots=True)
class Subscription:
    """The subject of a subscription, which is a series, a producer or the whole office.

    For a series, both fields are set. For a producer, only `producer` is set. For the whole office, no field is set.
    """

    producer: SlugName | None = None
    series: SlugName | None = None

    @classmethod
    def to_series(cls, series: Series) -> "Subscription":
        producer = series.producer
        return cls(
            SlugName(producer.slug, producer.name, producer.welsh_name),
            SlugName(series.slug, series.title, series.welsh_title),
        )

    @property
    def name(self) -> str:
        """The names of the series and its producer, or only of the producer. It is empty for the whole office."""
        return ", ".join(choose_language(one.names) for one in (self.series, self.producer) if one)

    @property
    def marked_name(self) -> str:
        """`name` as HTML. On a Welsh page, English names are marked as English."""
        return format_html_join(
            ", ", "{}", [(mark_language(one.names),) for one in (self.series, self.producer) if one]
        )

    @property
    def query(self) -> CalendarQuery:
        producer, series = self.producer, self.series
        return CalendarQuery(producer=producer.slug if producer else "", series=series.slug if series else "")


def find_subscription(*, producer: str = "", series: str = "") -> Subscription:
    """Return the subscription to a series, to a producer or, if no producer is given, to the whole office.

    :param producer: the slug of a producer.
    :param series: the slug of one of the producer's series.
    :raises NoSuchSubscription: if the producer or series does not exist or has no announced releases.
    """
    if not producer:
        return Subscription()
    if not series:
        if found := calendar.public_producers().filter(slug=producer).first():
            return Subscription(SlugName(found.slug, found.name, found.welsh_name))
        raise NoSuchSubscription(f"There is no producer “{producer}” in this calendar.")
    if one := calendar.public_series().filter(producer__slug=producer, slug=series).first():
        return Subscription.to_series(one)
    raise NoSuchSubscription(f"There is no series “{series}” of a producer “{producer}” in this calendar.")


def list_releases(what: Subscription, *, now: datetime) -> list[AnnouncedRelease]:
    """Return future releases and the releases of the last year, sorted by date.

    At most `MOST_RELEASES` are returned. If there are more, the next future releases have priority over past releases,
    and recent past releases have priority over older ones.

    The last year starts on the first day of a month. So if no release changes, the result stays the same for the whole
    month.
    """
    today = rules_calendar.local_date(now)
    found = filter_releases(what.query)
    ahead = found.filter(planned_on__gte=today).order_by("planned_on", "planned_at", "pk")
    to_come = calendar.announced_facts(ahead[:MOST_RELEASES])
    room = MOST_RELEASES - len(to_come)
    start = month_of(today).first.replace(year=today.year - 1)
    behind = found.filter(planned_on__lt=today, planned_on__gte=start).order_by("-planned_on", "-planned_at", "-pk")
    past = calendar.announced_facts(behind[:room]) if room else []
    return [*reversed(past), *to_come]


def newest_changes(what: Subscription, *, page: int = 1) -> tuple[list[Change], bool]:
    """Return one page of the changes to announced releases, the newest first, and whether there is a next page."""
    end = page * CHANGES_PER_PAGE
    found = [(at, pk, kind, release) for kind, rows in _newest_rows(what) for at, pk, release in rows[: end + 1]]
    found.sort(key=lambda row: row[:3], reverse=True)
    shown = found[end - CHANGES_PER_PAGE : end]
    releases = calendar.announced_facts(Release.objects.public().filter(pk__in={pk for _, pk, _, _ in shown}))
    by_release = {release.public_id: changes_of(release) for release in releases}
    changes = [
        change for at, _, kind, release in shown if (change := _find_change(by_release.get(release, ()), kind, at))
    ]
    return changes, len(found) > end and page < MOST_PAGES


def _find_change(changes: Iterable[Change], kind: PublicEvent, at: datetime) -> Change | None:
    return next((change for change in changes if (change.kind, change.at) == (kind, at)), None)


type Row = tuple[datetime, int, UUID]


def _newest_rows(what: Subscription) -> Iterable[tuple[PublicEvent, QuerySet[Any, Row]]]:
    of: QuerySet[Any, Any] = filter_releases(what.query)
    for kind, rows, at in (
        (PublicEvent.ANNOUNCED, of, "announced_at"),
        (PublicEvent.CONFIRMED, of.filter(confirmed_at__gt=F("announced_at")), "confirmed_at"),
        (PublicEvent.CANCELLED, of.filter(cancelled_at__isnull=False), "cancelled_at"),
        (PublicEvent.PUBLISHED, of.filter(status=Status.PUBLISHED), "due_at"),
    ):
        yield kind, rows.order_by(f"-{at}", "-pk").values_list(at, "pk", "public_id")
    moves: QuerySet[Any, Any] = DateChange.objects.filter(announced_at__isnull=False, release__in=of)
    rows = moves.order_by("-announced_at", "-release").values_list("announced_at", "release", "release__public_id")
    yield PublicEvent.MOVED, rows
    noted: QuerySet[Any, Any] = PublishedCorrection.objects.with_first_notice().filter(release__in=of)
    yield (
        PublicEvent.CORRECTED,
        noted.order_by("-recorded_at", "-release").values_list("recorded_at", "release", "release__public_id"),
    )


def absolute_address(page: str, *which: str) -> str:
    return str(settings.ADDRESS) + reverse(page, args=which)


def release_pages_address() -> str:
    return absolute_address("releases:release", "x").removesuffix("x/")


def subscription_address(what: Subscription) -> str:
    query = QueryDict(mutable=True)
    query.update({name: one.slug for name, one in (("producer", what.producer), ("series", what.series)) if one})
    return absolute_address("releases:all_months") + (f"?{query.urlencode()}" if query else "")


def feed_address(kind: str, what: Subscription) -> str:
    if what.producer is None:
        return absolute_address(f"releases:office_{kind}")
    if what.series is None:
        return absolute_address(f"releases:producer_{kind}", what.producer.slug)
    return absolute_address(f"releases:series_{kind}", what.producer.slug, what.series.slug)


def follow_addresses(what: Subscription) -> dict[str, str]:
    return {
        "whose": what.name or choose_language(office_names()),
        "marked_whose": what.marked_name or mark_language(office_names()),
        "calendar": feed_address("calendar", what),
        "changes": feed_address("changes", what),
    }


HAPPENED = {
    PublicEvent.ANNOUNCED: lazy("Announced"),
    PublicEvent.CONFIRMED: lazy("Date confirmed"),
    PublicEvent.MOVED: lazy("Date changed"),
    PublicEvent.CANCELLED: lazy("Cancelled"),
    PublicEvent.PUBLISHED: lazy("Published"),
    PublicEvent.CORRECTED: lazy("Correction"),
}


def clean_text(text: str) -> str:
    """Replace control characters with spaces, because feeds do not allow them. Line ends are kept."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} and char != "\n" else char for char in text)


def describe_designation(release: AnnouncedRelease) -> str:
    return str(Designation(release.designation).label)


def describe_status(release: AnnouncedRelease) -> str:
    """Describe the status of a release, such as "Postponed: confirmed for 14 July 2026 9:30am."."""
    words = {"date": write_slot(release.slot), "reason": clean_text(release.cancellation_reason)}
    if release.status is PublicStatus.CANCELLED:
        return _("Cancelled: %(reason)s") % words
    sentences = {
        PublicStatus.PROVISIONAL: _("Provisional: planned for %(date)s."),
        PublicStatus.CONFIRMED: _("Confirmed for %(date)s."),
        PublicStatus.POSTPONED: _("Postponed: confirmed for %(date)s."),
        PublicStatus.PUBLISHED: _("Published. It was announced for %(date)s."),
    }
    return sentences[release.status] % words


def describe_move(was: Slot, to: Slot, reason: str) -> str:
    sentence = _("Date changed from %(was)s to %(to)s.") % {"was": write_slot(was), "to": write_slot(to)}
    return f"{sentence} {clean_text(reason)}" if reason else sentence


def change_headline(change: Change) -> str:
    """Return a headline for a change, such as "Date changed: Consumer prices, May 2026"."""
    return f"{HAPPENED[change.kind]}: {clean_text(choose_language(change.release.titles))}"


def describe_change(change: Change) -> str:
    words = {"date": write_slot(change.slot), "reason": clean_text(change.reason)}
    if change.kind is PublicEvent.MOVED and change.was is not None:
        return describe_move(change.was, change.slot, change.reason)
    if change.kind is PublicEvent.CORRECTED:
        # On a Welsh page, `_paragraphs` marks the notice at the end as English.
        return f"{_corrected_at(change)} {words['reason']}" if change.reason else _("This notice was withdrawn.")
    if change.kind is PublicEvent.ANNOUNCED:
        if change.confirmed:
            return _("Announced, and confirmed for %(date)s.") % words
        return _("Announced as provisional, planned for %(date)s.") % words
    sentences = {
        PublicEvent.CONFIRMED: _("Confirmed for %(date)s."),
        PublicEvent.CANCELLED: _("Cancelled. It was planned for %(date)s. %(reason)s"),
        PublicEvent.PUBLISHED: _("Published. It was announced for %(date)s."),
    }
    return sentences[change.kind] % words


def _corrected_at(change: Change) -> str:
    if change.corrected_at is None:
        return _("Not corrected yet.")
    return _("Corrected at %(moment)s.") % {"moment": write_moment(change.corrected_at)}


CALENDAR_MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//statsoffice//Release calendar//{language}"
REFRESH_INTERVAL = timedelta(hours=1)
# A release has no duration, but calendar programs show an event without an end in different ways. So every event has
# this duration.
EVENT_LENGTH = timedelta(minutes=30)
STATUS_CODES = {PublicStatus.PROVISIONAL: "TENTATIVE", PublicStatus.CANCELLED: "CANCELLED"}
# The number of events whose text each process caches. For a calendar with thousands of events, writing the texts takes
# most of the time.
REMEMBERED_EVENTS = 8192
END = b"END:VCALENDAR\r\n"


def calendar_file(
    releases: Iterable[AnnouncedRelease], *, name: str, description: str, page: str, release_pages_address: str
) -> bytes:
    """Return an iCalendar file of releases. If there are no releases, it is a valid empty calendar.

    :param release_pages_address: the address to which the reference of a release is appended. It ends with a slash.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT.format(language=(WELSH if is_welsh() else ENGLISH).upper()))
    calendar.add("version", "2.0")
    # The library does not escape the values of properties that it does not know, so these values are passed as `vText`.
    # Old programs read the second property of each pair.
    for key in ("name", "x-wr-calname"):
        calendar.add(key, _text(name))
    for key in ("description", "x-wr-caldesc"):
        calendar.add(key, _text(description))
    calendar.add("url", page)
    calendar.add("refresh-interval", vDuration(REFRESH_INTERVAL, params={"VALUE": "DURATION"}))
    calendar.add("x-published-ttl", "PT1H")
    head = calendar.to_ical().removesuffix(END)
    language = get_language() or ""
    return b"".join([head, *(_event(each, release_pages_address, language) for each in releases), END])


def _text(text: str, *, language: str = WELSH) -> vText:
    """Return text for a calendar. In a Welsh calendar, the text has a language tag (RFC 5545, section 3.2.10)."""
    return vText(clean_text(text), params={"LANGUAGE": language} if is_welsh() else None)


# `language` is not used in the function. It makes `lru_cache` store a separate result for each language.
@lru_cache(maxsize=REMEMBERED_EVENTS)
def _event(release: AnnouncedRelease, release_pages_address: str, language: str) -> bytes:
    event = Event()
    title = clean_text(choose_language(release.titles))
    # Some calendar programs show a cancelled event like any other event, so the title also states the cancellation.
    cancelled = release.status is PublicStatus.CANCELLED
    # If the date is vague, the event is only on the first day of the period, so the title states the months.
    named = title if release.due_at else f"{title} ({write_slot(release.slot)})"
    summary = f"{STATUSES[release.status][0]}: {named}" if cancelled else named
    event.add("summary", _text(summary, language=language_of(release.titles)))
    event.add("uid", str(release.public_id))
    event.add("sequence", release.sequence)
    event.add("dtstamp", release.changed_at.astimezone(UTC))
    event.add("last-modified", release.changed_at.astimezone(UTC))
    event.add("created", release.announced_at.astimezone(UTC))
    if release.due_at:
        event.add("dtstart", release.due_at.astimezone(UTC))
        event.add("dtend", (release.due_at + EVENT_LENGTH).astimezone(UTC))
    else:
        first, _last = days_of(release.slot)
        event.add("dtstart", first)
        event.add("dtend", first + timedelta(days=1))
    event.add("status", STATUS_CODES.get(release.status, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{release_pages_address}{release.reference}/")
    event.add("categories", [clean_text(choose_language(release.series.names))])
    moves = (describe_move(move.was, move.to, move.reason) for move in release.moves)
    whose = (*map(choose_language, (release.producer.names, release.series.names)), describe_designation(release))
    event.add("description", _text("\n".join([describe_status(release), *moves, *whose])))
    return bytes(event.to_ical())


FEED_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
# The date of a feed without entries. It is fixed, so that an empty feed always has the same content.
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)


class _Pages(Atom1Feed):
    """An Atom feed with links to its other pages. The feed has the date of the entry that was updated last."""

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=NOTHING_YET)

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for relation, address in self.feed["links"].items():
            handler.addQuickElement("link", "", {"rel": relation, "href": address})


def _paragraphs(change: Change) -> Iterator[str]:
    """Yield HTML paragraphs that describe a change.

    Reasons are in English. So on a Welsh page, the reason has its own paragraphs, which are marked as English.
    """
    text, reason = describe_change(change), clean_text(change.reason)
    sentences = text.removesuffix(reason) if is_welsh() and reason else text
    yield from (
        format_html("<p>{}</p>", line) for line in (sentences.rstrip() if sentences != text else text).split("\n")
    )
    if sentences != text:
        yield from (format_html('<p lang="en">{}</p>', line) for line in reason.split("\n"))


def change_feed(
    changes: Iterable[Change], *, name: str, page: str, links: Mapping[str, str], release_pages_address: str
) -> bytes:
    """Return an Atom feed of changes in the given order.

    The date of an entry is the time at which the change was announced. If the change is a publication, the date is the
    announced time of the release. If a reason is corrected, the entry is updated, but its identifier and position stay
    the same.

    :param links: the addresses of the pages of the feed, keyed by link relation. The key "first" is required.
    """
    feed = _Pages(
        title=clean_text(name),
        link=page,
        description=None,
        language=language_tag(),
        author_name=clean_text(choose_language(office_names())),
        feed_guid=links["first"],
        links=links,
    )
    for change in changes:
        release = change.release
        # The content of an entry is HTML. So texts are escaped here, and the feed escapes the HTML again as XML.
        whose = [mark_language(names) for names in (release.producer.names, release.series.names)]
        lines = [*_paragraphs(change), format_html("<p>{} · {}</p>", *whose)]
        feed.add_item(
            title=change_headline(change),
            link=f"{release_pages_address}{release.reference}/",
            description=clean_text("".join(lines)),
            unique_id=change.id.urn,
            pubdate=change.at,
            updateddate=change.updated_at,
            categories=[change.kind.value],
        )
    written = BytesIO()
    feed.write(written, "utf-8")
    return written.getvalue()


def allow_programs[**P](view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let programs cache the response of a view, and let scripts on other sites read it.

    Programs must revalidate a cached response each time that they use it.
    """

    @wraps(view)
    def answer(request: HttpRequest, *which: P.args, **named: P.kwargs) -> HttpResponse:
        response = view(request, *which, **named)
        # The middleware `ConditionalGet` sets the ETag of the response, and handles conditional requests.
        response["Cache-Control"] = "no-cache"
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return require_safe(answer)
