"""Notices for readers about an outage of a complete website, with the wording that the office agreed beforehand.

An outage is a result of our checks. So only people who may post the notice can see the outage, and it is never
published. Readers see only the text that people wrote.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from releases import delay_notices
from releases.early_findings import mask_verdict
from releases.evidence import repository
from releases.models import Address, DelayNotice, Producer, Release, Verification
from releases.models.event import batch_events
from releases.permissions import Action, Person, User, check_may, may
from releases.rules import calendar
from releases.rules.lifecycle import ChangedMeanwhile, Status
from releases.rules.web_address import place_if_any
from releases.verdict import outage as rules

# A release counts as checked recently if it was checked within this time. Until a week after the due time, checks are
# at most 15 minutes apart.
LAST_CHECK_WITHIN = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage of a website at one due time.

    `releases` are the announced releases that were due on the website at this time and are not published.
    """

    producer: Producer
    host: str
    due_at: datetime
    releases: tuple[Release, ...]

    @property
    def due(self) -> str:
        """The due time in London, such as "0930". The address of the page for the notice contains this text."""
        return f"{calendar.in_london(self.due_at):%H%M}"


@dataclass(frozen=True, slots=True)
class OutageNotice:
    """The content of the notice for the page of each release. `expected_at` is aware."""

    wording: str
    contact_name: str
    contact_email: str
    expected_at: datetime | None = None
    expected_words: str = ""


def find_outages(person: Person, judged: Iterable[tuple[Release, Verification | None]]) -> list[Outage]:
    """Return the outages about which a person may post a notice.

    :param judged: the releases with their masked verdicts. The series, producer and addresses of each release must be
        loaded.
    """
    releases: dict[int, Release] = {}
    pages = []
    for release, verdict in judged:
        if release.rehearsal or release.due_at is None or release.status == Status.CANCELLED:
            continue
        releases[release.pk] = release
        results = {result.address: result for result in verdict.results} if verdict else {}
        for address in release.addresses.all():
            # Leave out pages that may be published later (`may_follow_minutes`). They have no verdict yet when the
            # other pages have verdicts.
            if address.role == Address.Role.PAGE and address.required and not address.may_follow_minutes:
                result = results.get(address.pk)
                pages.append(
                    rules.PageState(
                        release.pk,
                        release.series.producer_id,
                        place_if_any(address.url),
                        release.due_at,
                        result is not None and rules.has_no_response(result),
                    )
                )
    found = []
    for outage in rules.group_outages(pages):
        of_host = [releases[key] for key in outage.releases]
        announced = tuple(one for one in of_host if one.announced_at and one.status == Status.CONFIRMED)
        producer = of_host[0].series.producer
        if announced and outage.host and may(person, Action.POST_OUTAGE_NOTICE, producer):
            found.append(Outage(producer, outage.host, outage.due_at, announced))
    return found


def find_outage(person: Person, producer: Producer, *, host: str, due_at: datetime, now: datetime) -> Outage | None:
    """Return the outage of a website, or None.

    Return None if there is no outage, if the person may not post a notice about it, or if one of its releases was not
    checked recently.
    """
    due = Release.objects.filter(series__producer=producer, due_at=due_at)
    selected = due.select_related("series__producer", "series__responsible").prefetch_related("addresses")
    releases = list(selected.order_by("title", "pk"))
    verdicts = {
        verdict.release_id: mask_verdict(verdict)
        for verdict in Verification.objects.select_related("release").filter(
            release__in=releases, schedule_version=F("release__schedule_version")
        )
    }
    found = find_outages(person, [(release, verdicts.get(release.pk)) for release in releases])
    outage = next((one for one in found if one.host == host), None)
    if outage is None:
        return None
    since = now - LAST_CHECK_WITHIN
    return outage if all(repository.is_checked_since(release.pk, since) for release in outage.releases) else None


def count_notices(outage: Outage) -> dict[int, int]:
    """Return a dict that maps the key of each release of an outage to its number of delay notices.

    Pass the result to `post_outage_notice` as `seen`.
    """
    rows = DelayNotice.objects.filter(release__in=[release.pk for release in outage.releases])
    counts = {release.pk: 0 for release in outage.releases}
    for key in rows.values_list("release_id", flat=True):
        counts[key] += 1
    return counts


def check_outage_notice(outage: Outage, notice: OutageNotice, *, at: datetime) -> None:
    """Check the content of a notice that a person wants to post at the instant `at`.

    :raises NoticeRefused: if the notice has no wording or contact, or if the expected time is not possible.
    """
    if not notice.wording.strip():
        raise delay_notices.NoticeRefused("wording", _("Enter the notice for readers."))
    for release in outage.releases:
        delay_notices.check_notice(
            release,
            wording=notice.wording,
            expected_at=notice.expected_at,
            expected_words=notice.expected_words,
            contact_name=notice.contact_name,
            contact_email=notice.contact_email,
            at=at,
        )


def post_outage_notice(
    outage: Outage, notice: OutageNotice, *, by: User, at: datetime, seen: Mapping[int, int]
) -> list[DelayNotice]:
    """Post a notice on the page of each release of an outage. If one notice is refused, none is posted.

    :param seen: the result of `count_notices` when the person read the page.
    :raises NotYours: if the person does not lead the producer.
    :raises NoticeRefused: if the notice cannot be accepted.
    :raises ChangedMeanwhile: if a release or its notices changed since the person read the page.
    """
    check_may(by, Action.POST_OUTAGE_NOTICE, outage.producer)
    check_outage_notice(outage, notice, at=at)
    if seen.keys() != {release.pk for release in outage.releases}:
        sentence = _("We did not post the notice, because other releases are affected now. Check them and try again.")
        raise ChangedMeanwhile(sentence)
    with transaction.atomic(), batch_events():
        return [
            delay_notices.post_notice(
                release,
                wording=notice.wording,
                expected_at=notice.expected_at,
                expected_words=notice.expected_words,
                contact_name=notice.contact_name,
                contact_email=notice.contact_email,
                by=by,
                at=at,
                seen=seen[release.pk],
            )
            for release in sorted(outage.releases, key=lambda release: release.pk)
        ]
