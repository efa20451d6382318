"""Record a release from its GOV.UK announcement, after a person has checked the announcement."""

import time
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releases import scheduling
from releases.detection.characters import fold, holds, words
from releases.detection.govuk import Announcement, read_announcement
from releases.models import Address, Producer, Release, Series
from releases.models.event import batch_events
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules.calendar import Slot
from releases.rules.departure import NO_GROUNDS, Grounds
from releases.rules.lifecycle import FieldRefused, MoveRefused
from releases.rules.response import Answer
from releases.rules.web_address import is_allowed, parse_address, place_of
from releases.scheduling import PlannedAddress

if TYPE_CHECKING:
    from releases.monitoring.adhoc_checks import AdhocMeans

ADAPTER = "govuk"
# How long to wait if another process makes requests to the same host. The time is short, because a person is waiting
# for the page.
PATIENCE_SECONDS = 3.0
_RETRY_SECONDS = 0.25
_LONGEST_REFERENCE = 100


class NotAnAnnouncement(MoveRefused):
    """The address is not on a site with GOV.UK announcements."""


class HostBusy(MoveRefused):
    """Other processes used the same host until the end of the wait, or the response took too long."""


class ReferenceTaken(FieldRefused):
    """Another release already has this reference. `field` is the name of the reference field."""


def govuk_hosts() -> frozenset[str]:
    """Return the hosts that have the APIs of GOV.UK. In development, they include the host of the practice site."""
    return frozenset({"www.gov.uk"}) | practice_hosts()


def practice_hosts() -> frozenset[str]:
    """Return the host of the practice site, if requests to it are allowed."""
    return frozenset({place_of(settings.REHEARSAL_SITE)}) & frozenset(settings.PROBE_ALLOW_PRIVATE)


def find_announcement(url: str, *, hosts: Collection[str], means: "AdhocMeans", now: datetime) -> Announcement:
    """Read an announcement from the content API of its host, within that host's budget.

    :param hosts: the hosts that have this API, each as "host" or "host:port".
    :raises NotAWebAddressError: if `url` is not an address that may be fetched.
    :raises NotAnAnnouncement: if the address is not on one of these hosts.
    :raises HostBusy: if no response came in time.
    :raises NoAnnouncementError: if the response is not a readable announcement.
    """
    address = parse_address(url)
    if not is_allowed(address, frozenset(hosts)):
        raise NotAnAnnouncement(_("Enter the web address of an announcement on www.gov.uk."))
    return read_announcement(request_patiently(address.url, adapter=ADAPTER, means=means, now=now))


def request_patiently(
    url: str, *, adapter: str, means: "AdhocMeans", now: datetime, publisher: str = "GOV.UK"
) -> Answer:
    """Request an address. If another process makes requests to the host, retry for a few seconds.

    :raises HostBusy: if no response came in time.
    """
    begun = time.monotonic()
    answer = means.request_address(url, adapter=adapter, now=now)
    while answer is None and not means.stop() and time.monotonic() - begun < PATIENCE_SECONDS:
        time.sleep(_RETRY_SECONDS)
        answer = means.request_address(url, adapter=adapter, now=now)
    if answer is None:
        sentence = _("%(publisher)s did not respond in time. Try again in a minute.")
        raise HostBusy(sentence % {"publisher": publisher})
    return answer


def find_announced_release(url: str, *, by: Person) -> Release | None:
    theirs = producers_where(by, Action.VIEW)
    found = Address.objects.filter(role=Address.Role.ANNOUNCEMENT, url=url, release__series__producer__in=theirs)
    address = found.select_related("release").first()
    return address.release if address else None


def find_producers(announced: Announcement, *, by: Person) -> list[Producer]:
    named = {fold(organisation) for organisation in announced.organisations}
    return [producer for producer in producers_where(by, Action.EDIT) if fold(producer.name) in named]


def suggest_series(title: str, series: Collection[Series]) -> Series | None:
    """Return the series whose title is part of the title of an announcement, or None.

    If several titles match, return the series with the longest title.
    """
    fitting = [each for each in series if holds(words(title), words(each.title))]
    return max(fitting, key=lambda each: len(each.title), default=None)


def suggest_reference(announced: Announcement) -> str:
    return slugify(announced.title)[:_LONGEST_REFERENCE].strip("-")


def record_from_announcement(
    series: Series,
    *,
    reference: str,
    title: str,
    slot: Slot,
    announcement: str,
    confirmed: bool,
    page: str,
    marker: str,
    reason: str,
    by: User,
    at: datetime,
    grounds: Grounds = NO_GROUNDS,
) -> Release:
    """Record a release with its announcement. If its date is confirmed, also confirm and announce the release.

    All changes are made in one transaction.

    :raises FieldRefused: if the page has the address of the announcement.
    :raises ReferenceTaken: if another release has the reference.
    :raises MoveRefused: if the calendar's rules do not allow one of these changes.
    """
    check_may(by, Action.EDIT, series.producer)
    if page == announcement:
        raise FieldRefused("page", _("Enter the web address of the release, not of its announcement."))
    addresses = [PlannedAddress(announcement, Address.Role.ANNOUNCEMENT, adapter=ADAPTER, required=False)]
    if page:
        addresses.insert(0, PlannedAddress(url=page, marker=marker or title, adapter=ADAPTER))
    try:
        with transaction.atomic(), batch_events():
            release = scheduling.record_release(
                series, reference=reference, title=title, slot=slot, at=at, by=by, addresses=addresses, grounds=grounds
            )
            if confirmed:
                release = scheduling.confirm_release(release, by=by, at=at, reason=reason, grounds=grounds)
                release = scheduling.announce_release(release, by=by, at=at)
    except IntegrityError as error:
        if not Release.objects.filter(reference=reference).exists():
            raise
        message = _("“%(reference)s” is already in use. Choose another reference.") % {"reference": reference}
        raise ReferenceTaken("reference", message) from error
    return release
