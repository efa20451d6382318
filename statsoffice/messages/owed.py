"""A piece of news that is owed to some people, before it is written into the outbox."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from breaches.models import Report
from releases.models import Contact, Membership, Release
from releases.rules.lifecycle import LEADS, Role

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
class Owed:
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
