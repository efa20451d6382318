"""The recipients of notifications about releases, suspicions and reports, except people whose account is closed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from breaches.models import Report, ReportEvent, StartedReport, Suspicion
from breaches.permissions import TABLE, Action
from breaches.rules.lifecycle import APPROVE, PAST_TENSE, RESTRICTED, RETURN, SUBMIT, ReportKind
from releases.early_findings import current_contact
from releases.models import Contact, Cover, Membership, MinuteBrief, Producer, Release, Series, Training
from releases.permissions import Person as AnyPerson
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, Role
from releases.trainings import participant_addresses
from statsoffice.notifications.models import Channel, Message, NotifiedSuspicion

# Maps the primary key of a producer to pairs. The first item of a pair has the email addresses of a Head of Profession
# who is away. The second item is the email address of the person who covers for the Head of Profession.
type CoverAddresses = Mapping[int, Sequence[tuple[frozenset[str], str]]]


def open_memberships(producers: Collection[int], roles: Collection[Role] = LEADS) -> QuerySet[Membership]:
    """Return the memberships that have one of the roles and belong to people with an active account.

    :param producers: the primary keys of the producers.
    """
    return Membership.objects.filter(producer__in=producers, role__in=list(roles), user__is_active=True)


def contact_addresses(contacts: Iterable[Contact]) -> frozenset[str]:
    return frozenset(
        contact.email.strip().lower() for contact in contacts if contact.user is None or contact.user.is_active
    )


def lead_addresses(producer: int) -> frozenset[str]:
    """Return the addresses of a producer's Heads of Profession and deputies.

    :param producer: the primary key of the producer.
    """
    leads = open_memberships([producer]).values_list("user__email", flat=True)
    return frozenset(email.lower() for email in leads)


def incident_addresses(producer: Producer) -> frozenset[str]:
    """Return the addresses of the people who are notified of an incident: the leads and the incident contact."""
    contact = current_contact(producer)
    return lead_addresses(producer.pk) | ({contact.person.email.lower()} if contact and contact.person else frozenset())


def find_mobile_numbers(addresses: Collection[str], producer: int) -> frozenset[str]:
    """Return the UK mobile numbers of a producer's contacts whose account has one of the email addresses.

    A number that the person has not confirmed is left out, because another person could have entered their own number
    (decision 152).
    """
    contacts = Contact.objects.filter(producer=producer, user__is_active=True).select_related("user")
    return frozenset(
        one.mobile_number
        for one in contacts
        if one.user and one.user.email.lower() in addresses and one.mobile_number in one.user.confirmed_numbers
    )


def responsible_addresses(release: Release) -> frozenset[str]:
    """Return the addresses of the responsible statistician and the Head of Profession of a release's series.

    If neither can be reached, return the addresses of the producer's leads. For a rehearsal, return only contacts with
    an account. For a training, return only the participants of the training.
    """
    return _contacts_or_leads(release, (release.series.responsible, release.series.head_of_profession))


def series_addresses(release: Release) -> frozenset[str]:
    """Return the addresses of all contacts of a release's series.

    The rules for leads, rehearsals and trainings are the same as in `responsible_addresses`.
    """
    return _contacts_or_leads(release, series_contacts(release.series))


def series_contacts(series: Series) -> list[Contact | None]:
    contacts = [series.responsible, series.head_of_profession]
    return [*contacts, *series.publishing_contacts.all(), *series.deputies.all()]


def _contacts_or_leads(release: Release, contacts: Iterable[Contact | None]) -> frozenset[str]:
    if release.training_id:
        return participant_addresses(release.training_id)
    named = [contact for contact in contacts if contact]
    found = contact_addresses(contact for contact in named if contact.user or not release.rehearsal)
    if found or (release.rehearsal and named):
        return found
    # No contact of the series can be reached, but someone must be notified.
    return lead_addresses(release.series.producer_id)


def approver_addresses(release: Release) -> frozenset[str]:
    """Return the addresses of the producer's leads, who may agree to a request about a release.

    For a rehearsal, return only leads who are contacts of the series. For a training, return only leads who take part.
    """
    series = release.series
    leads = open_memberships([series.producer_id])
    if release.training_id:
        return participant_addresses(release.training_id, only=leads.values_list("user_id", flat=True))
    if release.rehearsal:
        contacts = Contact.objects.filter(
            Q(pk__in=[series.responsible_id, series.head_of_profession_id])
            | Q(pk__in=series.deputies.values("pk"))
            | Q(pk__in=series.publishing_contacts.values("pk")),
            user__isnull=False,
        )
        leads = leads.filter(user__in=contacts.values("user"))
    return frozenset(email.lower() for email in leads.values_list("user__email", flat=True))


# Prefixes of `Message.event` for the kinds of notifications.
SUSPECTED, LIVE_AT_LAST = "suspected-breach", "live-at-last"
# An early release. Only a few people may know of it (decision 73). The event of a reminder ends in `REMINDER` and a
# number.
EARLY_RELEASE, REMINDER = "early-release-", "-reminder-"
# A possible disclosure that a recipient of pre-release access reported (decision 99).
DISCLOSURE = "access-disclosure-"
# A report that a person started because something became known before a release (decision 127).
REPORTED_INCIDENT = "incident-report-"
# A dummy file that is open to the public (decision 107).
OPEN_FILE = "open-file-"
# The beginning and the end of an incident of monitoring.
PROBLEM, RESTORED = "watcher-ill-", "watcher-restored-"
# A minute brief. A release that was found early is missing from the brief, so a reader can tell that the release was
# early. Therefore only leads may read the brief (decision 100).
MINUTE_BRIEF = "minute-brief-"
# An announcement that already leads to published statistics or to another page. The release may have been published
# early.
ANNOUNCED_EARLY = "announced-early-"
FOR_LEADS_ALONE = (
    Q(event__startswith=EARLY_RELEASE)
    | Q(event__startswith=DISCLOSURE)
    | Q(event__startswith=REPORTED_INCIDENT)
    | Q(event__startswith=OPEN_FILE)
    | Q(event__startswith=MINUTE_BRIEF)
    | Q(event__startswith=ANNOUNCED_EARLY)
)
OF_SEVERAL = {SUSPECTED: "suspected-breaches", LIVE_AT_LAST: "live-at-last-together"}


def event_of_suspicions(kind: str, suspicions: Sequence[int]) -> str:
    """Return the event of a message about suspicions. The same suspicions always have the same event.

    :param suspicions: the primary keys of the suspicions.
    """
    if len(suspicions) == 1:
        return f"{kind}-{suspicions[0]}"
    return f"{OF_SEVERAL[kind]}-{sha256_hex(' '.join(str(key) for key in suspicions).encode())[:32]}"


def about_hidden_trainings(person: AnyPerson) -> Q:
    """Return a filter for the messages about trainings in which a person does not take part.

    Messages about early releases and minute briefs have no foreign key to a release, so the filter selects them by
    event.
    """
    hidden = Training.objects.exclude(participants=person.pk)
    early = Suspicion.objects.filter(kind=ReportKind.EARLY, release__training__in=hidden)
    found = Q(release__training__in=hidden) | Q(report__training__in=hidden)
    for key in MinuteBrief.objects.filter(training__in=hidden).values_list("pk", flat=True):
        found |= Q(event__startswith=f"{MINUTE_BRIEF}{key}-")
    for key in early.values_list("pk", flat=True):
        found |= Q(event=f"{EARLY_RELEASE}{key}") | Q(event__startswith=f"{EARLY_RELEASE}{key}{REMINDER}")
    return found


def people_notified_of(suspicions: Collection[int]) -> Mapping[int, set[str]]:
    """Return a dict that maps the key of each suspicion to the addresses that got a message about the suspicion.

    Suspicions without a message are left out.
    """
    suspicions_by_event: dict[str, set[int]] = defaultdict(set)
    for key in suspicions:
        # Older messages were about one suspicion each. They may have no `NotifiedSuspicion`, so their event is added.
        suspicions_by_event[event_of_suspicions(SUSPECTED, [key])].add(key)
    rows = NotifiedSuspicion.objects.filter(suspicion__in=suspicions)
    for event, key in rows.values_list("event", "suspicion"):
        suspicions_by_event[event].add(key)
    found: dict[int, set[str]] = defaultdict(set)
    messages = Message.objects.filter(event__in=list(suspicions_by_event), erased_at__isnull=True)
    for event, recipient in messages.exclude(channel=Channel.WEBHOOK).values_list("event", "recipient"):
        for key in suspicions_by_event[event]:
            found[key].add(recipient)
    return found


class Person(NamedTuple):
    """The email address of a person or team, and the primary key of their account, or None if they have no account."""

    email: str
    account: int | None


def find_cover_addresses(*, now: datetime) -> CoverAddresses:
    """Return the email addresses of the Heads of Profession who are away, and of the people who cover for them."""
    rows = list(Cover.objects.in_force(at=now).select_related("person", "absent"))
    contacts = Contact.objects.filter(user__in=[row.absent_id for row in rows]) if rows else ()
    found: dict[int, list[tuple[frozenset[str], str]]] = defaultdict(list)
    for row in rows:
        own = {
            contact.email
            for contact in contacts
            if (contact.user_id, contact.producer_id) == (row.absent_id, row.producer_id)
        }
        addresses = frozenset(address.strip().lower() for address in (row.absent.email, *own))
        found[row.producer_id].append((addresses, row.person.email.lower()))
    return found


def add_covers(recipients: frozenset[str], covers: Iterable[tuple[frozenset[str], str]]) -> frozenset[str]:
    """Add the people who cover for Heads of Profession among the recipients.

    The Heads of Profession remain recipients.
    """
    return recipients.union(person for absent, person in covers if absent & recipients)


@dataclass(slots=True)
class ReportPeople:
    """The people who may have to be notified of one report.

    `submitters` has a pair for each time that the report was submitted, oldest first. A pair has the position of the
    event in the chain, and the person who submitted the report. If the report is about a rehearsal, only the accounts
    whose primary keys are in `participants` are notified. `readers` are the people who may know of a restricted report.
    If the report is not restricted, `readers` is None.
    """

    leads: frozenset[Person] = frozenset()
    dealing: frozenset[Person] = frozenset()
    submitters: list[tuple[int, Person]] = field(default_factory=list)
    participants: set[int] = field(default_factory=set)
    readers: frozenset[Person] | None = None

    def addresses_for(self, event: ReportEvent) -> frozenset[str]:
        """Return the addresses to notify of a step of the report. The person who took the step is not notified."""
        people = self.leads if event.kind != PAST_TENSE[RETURN] else frozenset()
        if event.kind in {PAST_TENSE[RETURN], PAST_TENSE[APPROVE]}:
            submitters = [person for position, person in self.submitters if position < event.position]
            people = people.union(self.dealing, submitters[-1:])
        return frozenset(
            person.email
            for person in (people if self.readers is None else people & self.readers)
            if (event.actor_id is None or person.account != event.actor_id)
            and (not event.report.rehearsal or person.account in self.participants)
        )


def find_report_people(reports: Collection[Report]) -> dict[int, ReportPeople]:
    """Return a dict that maps the primary key of each report to the people to notify.

    The number of queries does not depend on the number of reports.
    """
    found = _find_people(reports)
    for key, participants in _find_participants(reports).items():
        found[key].participants = participants
    return found


def _find_people(reports: Collection[Report]) -> dict[int, ReportPeople]:
    found = {report.pk: ReportPeople() for report in reports}
    leads: dict[int, set[Person]] = defaultdict(set)
    members: dict[tuple[int, int | None], Person] = {}
    memberships = open_memberships({report.producer_id for report in reports}, TABLE[Action.DEAL])
    for producer, role, account, email in memberships.values_list("producer_id", "role", "user_id", "user__email"):
        members[producer, account] = Person(email.lower(), account)
        if role in LEADS:
            leads[producer].add(members[producer, account])
    started_by = dict(StartedReport.objects.filter(report__in=found).values_list("report_id", "started_by_id"))
    series_of = _find_series(found)
    events = ReportEvent.objects.filter(report__in=found, actor__isnull=False).select_related("actor")
    for event in events.order_by("position"):
        people, actor = found[event.report_id], event.actor
        assert actor is not None  # noqa: S101  # the query excludes it
        people.participants.add(actor.pk)
        if event.kind == PAST_TENSE[SUBMIT] and actor.is_active:
            people.submitters.append((event.position, Person(actor.email.lower(), actor.pk)))
    for report in reports:
        people, series = found[report.pk], series_of[report.pk]
        people.leads = frozenset(leads[report.producer_id])
        # The assignee and the person who started the report are included only if their role allows them to deal with
        # reports.
        assignee = members.get((report.producer_id, report.person_dealing_id))
        starter = members.get((report.producer_id, started_by.get(report.pk)))
        # The contacts of the series may not read a report about pre-release access or a leak.
        if report.kind in RESTRICTED:
            people.dealing = frozenset(person for person in (assignee, starter) if person)
            people.readers = people.leads | people.dealing
        else:
            responsible = (_reachable_person(one.responsible) for one in series)
            people.dealing = frozenset(person for person in (assignee, *responsible) if person)
        contacts = (contact for one in series for contact in series_contacts(one))
        people.participants.update(contact.user_id for contact in contacts if contact and contact.user_id)
        if assignee and assignee.account:
            people.participants.add(assignee.account)
    return found


def _find_participants(reports: Iterable[Report]) -> dict[int, set[int]]:
    """Return a dict that maps the key of each report about a training to the accounts of the participants."""
    found: dict[int, set[int]] = {report.pk: set() for report in reports if report.training_id}
    if found:
        through = Report.objects.filter(pk__in=found).values_list("pk", "training__participants")
        for key, account in through:
            found[key].add(account)
    return found


def _find_series(reports: Collection[int]) -> dict[int, list[Series]]:
    """Return a dict that maps the key of each report to the series that the report is about."""
    keys = {
        *Suspicion.objects.filter(report__in=reports).values_list("report_id", "release__series_id"),
        *StartedReport.objects.filter(report__in=reports).values_list(
            "report_id", Coalesce("release__series_id", "series_id")
        ),
    }
    series = (
        Series.objects.select_related("responsible__user", "head_of_profession")
        .prefetch_related("publishing_contacts", "deputies")
        .in_bulk({key for _, key in keys if key is not None})
    )
    found: dict[int, list[Series]] = defaultdict(list)
    for report, key in keys:
        if key is not None:
            found[report].append(series[key])
    return found


def _reachable_person(contact: Contact | None) -> Person | None:
    if contact is None or (contact.user and not contact.user.is_active):
        return None
    if contact.user:
        return Person(contact.user.email.lower(), contact.user.pk)
    return Person(contact.email.strip().lower(), None)
