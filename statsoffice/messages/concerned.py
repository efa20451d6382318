"""Whom news on a report concerns: who leads, who deals with it, who submitted it, and who takes part in a rehearsal."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models.functions import Coalesce

from breaches.models import Report, ReportEvent, StartedReport, Suspicion
from breaches.permissions import TABLE, Action
from breaches.rules.lifecycle import PAST_TENSE, RESTRICTED, SUBMIT
from releases.models import Contact, Series
from releases.rules.lifecycle import LEADS
from statsoffice.messages.owed import open_memberships


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person or team: the address at which they are told, and their account, if they have one."""

    email: str
    account: int | None


@dataclass(slots=True)
class People:
    """Everybody whom news on one report may concern; whoever's account was closed is nowhere in it.

    `only` names those for whom a restricted report exists; for any other report it is None.
    """

    rehearsal: bool
    leads: frozenset[Somebody] = frozenset()
    dealing: frozenset[Somebody] = frozenset()
    taking_part: frozenset[int] = frozenset()
    submitted: list[tuple[int, Somebody]] = field(default_factory=list)
    only: frozenset[Somebody] | None = None

    def submitters(self, *, before: int) -> frozenset[Somebody]:
        """Return who submitted the report last.

        :param before: the position in the chain of events before which they did.
        """
        earlier = [somebody for position, somebody in self.submitted if position < before]
        return frozenset(earlier[-1:])

    def addresses(self, told: Iterable[Somebody], *, but: int | None) -> frozenset[str]:
        """Return the addresses of some people, of a rehearsal only of those who take part in it.

        Of a restricted report only those are given for whom it exists by now.

        :param but: the account of whoever did what is told, who knows it.
        """
        return frozenset(
            somebody.email
            for somebody in (told if self.only is None else self.only.intersection(told))
            if (but is None or somebody.account != but) and (not self.rehearsal or somebody.account in self.taking_part)
        )


def people_of(reports: Collection[Report]) -> dict[int, People]:
    """Find the people whom news on some reports concerns, by the report's key, in a few queries for all of them."""
    people = {report.pk: People(rehearsal=report.rehearsal) for report in reports}
    held = _held({report.producer_id for report in reports})
    started = _started(people)
    series = _series_of(people)
    acted: dict[int, set[int]] = defaultdict(set)
    events = ReportEvent.objects.filter(report__in=people, actor__isnull=False).select_related("actor")
    for event in events.order_by("position"):
        assert event.actor is not None  # noqa: S101  # asked for those with an actor alone
        acted[event.report_id].add(event.actor.pk)
        if event.kind == PAST_TENSE[SUBMIT] and event.actor.is_active:
            somebody = Somebody(event.actor.email.lower(), event.actor.pk)
            people[event.report_id].submitted.append((event.position, somebody))
    for report in reports:
        named = people[report.pk]
        of_producer = held[report.producer_id]
        named.leads = frozenset(of_producer.leads)
        put_down = of_producer.those(report.person_dealing_id)
        # A report on who had access, or on a leak, does not exist for whoever keeps the series.
        if report.kind in RESTRICTED:
            named.dealing = put_down | of_producer.those(started.get(report.pk))
            named.only = named.leads | named.dealing
        else:
            named.dealing = put_down | {somebody for one in series[report.pk] for somebody in _reached(one.responsible)}
        contacts = (contact for one in series[report.pk] for contact in _contacts(one))
        accounts = {*(contact.user_id for contact in contacts), *(somebody.account for somebody in put_down)}
        named.taking_part = frozenset(account for account in accounts if account is not None) | acted[report.pk]
    return people


@dataclass(slots=True)
class _Held:
    """Who holds which roles for one producer: its leads, and by account those who may deal with its reports."""

    leads: set[Somebody] = field(default_factory=set)
    may_deal: dict[int | None, Somebody] = field(default_factory=dict)

    def those(self, account: int | None) -> frozenset[Somebody]:
        """Return whose account this is; nobody if it is closed or holds no role by which one deals with reports."""
        return frozenset([self.may_deal[account]]) if account in self.may_deal else frozenset()


def _held(producers: Collection[int]) -> dict[int, _Held]:
    found: dict[int, _Held] = defaultdict(_Held)
    memberships = open_memberships(producers, TABLE[Action.DEAL])
    for producer, role, account, email in memberships.values_list("producer_id", "role", "user_id", "user__email"):
        somebody = Somebody(email.lower(), account)
        found[producer].may_deal[account] = somebody
        if role in LEADS:
            found[producer].leads.add(somebody)
    return found


def _started(reports: Collection[int]) -> dict[int, int]:
    """Find the accounts of those who started some reports by hand, by the report's key."""
    return dict(StartedReport.objects.filter(report__in=reports).values_list("report_id", "started_by_id"))


def _series_of(reports: Collection[int]) -> dict[int, list[Series]]:
    """Find the series with whose releases some reports are concerned, by the report's key."""
    keys = {
        *Suspicion.objects.filter(report__in=reports).values_list("report_id", "release__series_id"),
        *StartedReport.objects.filter(report__in=reports).values_list(
            "report_id", Coalesce("release__series_id", "series_id")
        ),
    }
    named = Series.objects.select_related("responsible__user", "head_of_profession").prefetch_related(
        "publishing_contacts", "deputies"
    )
    series = named.in_bulk({key for _, key in keys if key is not None})
    found: dict[int, list[Series]] = defaultdict(list)
    for report, key in sorted((report, key) for report, key in keys if key is not None):
        found[report].append(series[key])
    return found


def _contacts(series: Series) -> list[Contact]:
    named = [series.responsible, series.head_of_profession, *series.deputies.all(), *series.publishing_contacts.all()]
    return [contact for contact in named if contact]


def _reached(contact: Contact | None) -> tuple[Somebody, ...]:
    """Return a contact as somebody who can be told; nobody if there is none, or its account was closed."""
    if contact is None or (contact.user and not contact.user.is_active):
        return ()
    if contact.user:
        return (Somebody(contact.user.email.lower(), contact.user.pk),)
    return (Somebody(contact.email.strip().lower(), None),)
