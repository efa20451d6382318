"""A notification before it is written to the outbox: its recipients, its opening, and who was notified before."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Report
from releases.models import Contact, Membership, Release
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, Role
from statsoffice.notifications.models import Channel, Message, ToldSuspicion

# What is older than this is no news any more; nobody is mailed about a record that was imported or restored.
NEWS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class About:
    """What a piece of news is about, by keys; channels out of the house are told its reference and no more."""

    producer: int | None = None
    release: int | None = None
    report: int | None = None
    reference: str = ""
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """One piece of news: the event that it tells of, to whom, in which words, and what it is about.

    `document` is the key of an approved document that goes with it; `reply_to` an address for answers, if any;
    `suspicions` and `verdicts` the keys of those that are told of by it.
    """

    event: str
    recipients: frozenset[str]
    subject: str
    text: str
    about: About = About()
    document: int | None = None
    reply_to: str = ""
    suspicions: tuple[int, ...] = ()
    verdicts: tuple[int, ...] = ()

    @property
    def told_of(self) -> frozenset[tuple[str, int]]:
        """The suspicions and verdicts that count as told once this is written."""
        suspicions = {("suspicion", key) for key in self.suspicions}
        return frozenset(suspicions | {("verdict", key) for key in self.verdicts})


def about_release(release: Release) -> About:
    """Say that news is about a release.

    :param release: read with its series.
    """
    return About(release.series.producer_id, release.pk, None, release.reference, release.rehearsal)


def about_report(report: Report, *, release: int | None = None) -> About:
    """Say that news is about a report.

    :param release: by key, the release of which it tells, where it tells of one.
    """
    return About(report.producer_id, release, report.pk, report.reference, report.rehearsal)


def open_memberships(producers: Collection[int], roles: Collection[Role] = LEADS) -> QuerySet[Membership]:
    """Return the roles of producers that people hold whose account is open.

    :param producers: by key.
    :param roles: which; those of Heads of Profession and deputies unless told.
    """
    return Membership.objects.filter(producer__in=producers, role__in=list(roles), user__is_active=True)


def addresses_of(contacts: Iterable[Contact]) -> frozenset[str]:
    """Return the e-mail addresses of contacts, each once; whoever's account was closed is left out."""
    return frozenset(
        contact.email.strip().lower() for contact in contacts if contact.user is None or contact.user.is_active
    )


def lead_addresses(producer: int) -> frozenset[str]:
    """Return the addresses of a producer's Heads of Profession and deputies, by the producer's key."""
    leads = open_memberships([producer]).values_list("user__email", flat=True)
    return frozenset(email.lower() for email in leads)


def concerned_or_leads(release: Release, concerned: Iterable[Contact | None]) -> frozenset[str]:
    """Return the addresses of those whom news on a release concerns.

    Where none of them can be reached these are the producer's Heads of Profession and deputies. Of a rehearsal
    only contacts with an account are told.
    """
    named = [contact for contact in concerned if contact]
    told = addresses_of(contact for contact in named if contact.user or not release.rehearsal)
    if told or (release.rehearsal and named):
        return told
    # Somebody must learn of it, and that nobody is named, or nobody who is still there.
    return lead_addresses(release.series.producer_id)


def people_concerned(release: Release) -> frozenset[str]:
    """Return the addresses of those who keep a release's series, or of the leads, as `concerned_or_leads` does."""
    return concerned_or_leads(release, (release.series.responsible, release.series.head_of_profession))


def everyone_concerned(release: Release) -> frozenset[str]:
    """Return the addresses of all contacts of a release's series, or of the leads, as `concerned_or_leads` does."""
    series = release.series
    contacts = [series.responsible, series.head_of_profession]
    return concerned_or_leads(release, [*contacts, *series.publishing_contacts.all(), *series.deputies.all()])


def name_in_mail(release: Release) -> str:
    """Return the title of a release on one line, or its reference where nobody outside knows of the release yet."""
    return " ".join(release.title.split()) if release.announced_at or release.rehearsal else release.reference


def those_who_agree(release: Release) -> frozenset[str]:
    """Return the addresses of the accounts that may agree to what waits, because others could only look on.

    Of a rehearsal only those are told who take part in it: the contacts of its series.
    """
    series = release.series
    leads = open_memberships([series.producer_id])
    if release.rehearsal:
        contacts = Contact.objects.filter(
            Q(pk__in=[series.responsible_id, series.head_of_profession_id])
            | Q(pk__in=series.deputies.values("pk"))
            | Q(pk__in=series.publishing_contacts.values("pk")),
            user__isnull=False,
        )
        leads = leads.filter(user__in=contacts.values("user"))
    return frozenset(email.lower() for email in leads.values_list("user__email", flat=True))


BEFOREHAND = lazy("This is a rehearsal: nothing is to be released.")
AFTERWARDS = lazy("This is a rehearsal: nothing was released and nothing is to be reported.")


def rehearsal_subject(words: str, *, rehearsal: bool) -> str:
    """Return the subject of a message, which begins with the word where it is about a rehearsal."""
    return _("Rehearsal: %(subject)s") % {"subject": words} if rehearsal else words


def rehearsal_opening(sentence: Promise, *, rehearsal: bool) -> list[str]:
    """Return what a message on a rehearsal begins with; nothing for any other.

    :param sentence: BEFOREHAND or AFTERWARDS.
    """
    return [str(sentence)] if rehearsal else []


# The checks of one minute answer within seconds of each other; that long the first message waits for all of them.
SETTLING = timedelta(seconds=10)
# Whoever had a message within the window gets the next one once nothing more has come for a minute, or at its end.
QUIET = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NewSuspicion:
    """News of one suspicion that nobody was told: its key, with the aware instant from which there was the news."""

    key: int
    since: datetime
    recipients: frozenset[str]


def select_ready(
    untold: Collection[NewSuspicion], *, told_lately: Collection[str], now: datetime
) -> list[NewSuspicion]:
    """Return the suspicions of one producer that are told now, in the order in which there was news of them.

    :param told_lately: who had such a message on another suspicion of the producer within the window.
    :param now: the aware instant of asking.
    """
    in_order = sorted((one for one in untold if one.recipients), key=lambda one: (one.since, one.key))
    news = [one for one in in_order if not one.recipients <= set(told_lately)]
    if news and now - news[0].since >= SETTLING:
        return in_order
    more = [one for one in in_order if one not in news]
    if more and (now - more[-1].since >= QUIET or now - more[0].since >= WINDOW):
        return more
    return []


def by_recipients(told: Sequence[NewSuspicion]) -> dict[tuple[int, ...], frozenset[str]]:
    """Say who is told of which suspicions in one message, by the suspicions' keys: each person gets one message."""
    concerned: dict[str, list[int]] = defaultdict(list)
    for one in told:
        for recipient in one.recipients:
            concerned[recipient].append(one.key)
    together: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for recipient, keys in concerned.items():
        together[tuple(keys)].add(recipient)
    return {keys: frozenset(recipients) for keys, recipients in sorted(together.items())}


class News(StrEnum):
    """What is told of suspicions, of several in one message where they come together: how its events begin."""

    SUSPECTED = "suspected-breach"
    SEEN_LIVE = "live-at-last"


OF_SEVERAL = {News.SUSPECTED: "suspected-breaches", News.SEEN_LIVE: "live-at-last-together"}


def event_of(news: News, suspicions: Sequence[int]) -> str:
    """Name the event of a message on some suspicions, by their keys.

    Whoever gathers the same suspicions names the same event, so that nobody is told of them twice.
    """
    if len(suspicions) == 1:
        return f"{news}-{suspicions[0]}"
    return f"{OF_SEVERAL[news]}-{sha256_hex(' '.join(str(key) for key in suspicions).encode())[:32]}"


def lately(news: News, *, now: datetime) -> dict[int, set[str]]:
    """Return who had such a message within the window of gathering, by the key of their producer; no rehearsals."""
    told = ToldSuspicion.objects.filter(
        at__gt=now - WINDOW, event__startswith=news, suspicion__release__rehearsal=False
    )
    return recipients_of(dict(told.values_list("event", "suspicion__release__series__producer")))


def recipients_of(producers: Mapping[str, int]) -> dict[int, set[str]]:
    """Return who had a message on one of some events, by the key of the producer.

    :param producers: the producer's key by the event.
    """
    found: dict[int, set[str]] = defaultdict(set)
    told_of = Message.objects.filter(event__in=list(producers), erased_at__isnull=True)
    for event, recipient in told_of.values_list("event", "recipient"):
        found[producers[event]].add(recipient)
    return found


def of_suspicions(suspicions: Collection[int]) -> Mapping[int, set[str]]:
    """Return whom the outbox has told of some suspicions; those of which nobody was told are left out.

    :param suspicions: by key.
    :return: addresses by the suspicion's key.
    """
    told_by: dict[str, set[int]] = defaultdict(set)
    for key in suspicions:
        # Before messages named several suspicions, each had an event of its own.
        told_by[event_of(News.SUSPECTED, [key])].add(key)
    tellings = ToldSuspicion.objects.filter(suspicion__in=suspicions)
    for event, key in tellings.values_list("event", "suspicion"):
        told_by[event].add(key)
    heard: dict[int, set[str]] = defaultdict(set)
    kept = Message.objects.filter(event__in=list(told_by), erased_at__isnull=True)
    people = kept.exclude(channel=Channel.WEBHOOK)
    for event, recipient in people.values_list("event", "recipient"):
        for key in told_by[event]:
            heard[key].add(recipient)
    return heard
