"""Notifications about reports: moves, deadlines, dispatches, overdue actions, and reports without an answer."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import corrective_actions
from breaches.models import CorrectiveAction, Dispatch, JoinedDraft, Report, ReportEvent, StartedReport, Suspicion
from breaches.permissions import TABLE, Action, may
from breaches.rules import lifecycle
from breaches.rules.content import content_from_json
from breaches.rules.delay import join_words
from breaches.rules.lifecycle import APPROVE, PAST_TENSE, RESTRICTED, RETURN, SUBMIT, TAKE_BACK, Nature, ReportStatus
from breaches.text import ROLES
from releases.models import Contact, Release, Series
from releases.rules import london
from releases.rules.calendar import Nation
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, Role
from releases.rules.london import format_day, local_date
from statsoffice.notifications import base
from statsoffice.notifications.base import (
    NEWS,
    About,
    Notification,
    about_report,
    addresses_of,
    of_suspicions,
    open_memberships,
)
from statsoffice.notifications.models import ToldSuspicion


@dataclass(frozen=True, slots=True)
class PersonConcerned:
    """One person or team: the address at which they are told, and their account, if they have one."""

    email: str
    account: int | None


@dataclass(slots=True)
class People:
    """Everybody whom news on one report may concern; whoever's account was closed is nowhere in it.

    `only` names those for whom a restricted report exists; for any other report it is None.
    """

    rehearsal: bool
    leads: frozenset[PersonConcerned] = frozenset()
    dealing: frozenset[PersonConcerned] = frozenset()
    taking_part: frozenset[int] = frozenset()
    submitted: list[tuple[int, PersonConcerned]] = field(default_factory=list)
    only: frozenset[PersonConcerned] | None = None

    def submitters(self, *, before: int) -> frozenset[PersonConcerned]:
        """Return who submitted the report last.

        :param before: the position in the chain of events before which they did.
        """
        earlier = [somebody for position, somebody in self.submitted if position < before]
        return frozenset(earlier[-1:])

    def addresses(self, told: Iterable[PersonConcerned], *, but: int | None) -> frozenset[str]:
        """Return the addresses of some people, of a rehearsal only of those who take part in it.

        Of a restricted report only those are given for whom it exists by now.

        :param but: the account of whoever did what is told, who knows it.
        """
        return frozenset(
            somebody.email
            for somebody in (told if self.only is None else self.only.intersection(told))
            if (but is None or somebody.account != but) and (not self.rehearsal or somebody.account in self.taking_part)
        )


def people_concerned_by(reports: Collection[Report]) -> dict[int, People]:
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
            somebody = PersonConcerned(event.actor.email.lower(), event.actor.pk)
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

    leads: set[PersonConcerned] = field(default_factory=set)
    may_deal: dict[int | None, PersonConcerned] = field(default_factory=dict)

    def those(self, account: int | None) -> frozenset[PersonConcerned]:
        """Return whose account this is; nobody if it is closed or holds no role by which one deals with reports."""
        return frozenset([self.may_deal[account]]) if account in self.may_deal else frozenset()


def _held(producers: Collection[int]) -> dict[int, _Held]:
    found: dict[int, _Held] = defaultdict(_Held)
    memberships = open_memberships(producers, TABLE[Action.DEAL])
    for producer, role, account, email in memberships.values_list("producer_id", "role", "user_id", "user__email"):
        somebody = PersonConcerned(email.lower(), account)
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


def _reached(contact: Contact | None) -> tuple[PersonConcerned, ...]:
    """Return a contact as somebody who can be told; nobody if there is none, or its account was closed."""
    if contact is None or (contact.user and not contact.user.is_active):
        return ()
    if contact.user:
        return (PersonConcerned(contact.user.email.lower(), contact.user.pk),)
    return (PersonConcerned(contact.email.strip().lower(), None),)


SUBMITTED, TAKEN_BACK, RETURNED, APPROVED = (PAST_TENSE[move] for move in (SUBMIT, TAKE_BACK, RETURN, APPROVE))
MOVE_SUBJECTS: dict[str, Promise] = {
    SUBMITTED: lazy("Report submitted: %(reference)s"),
    TAKEN_BACK: lazy("Report taken back: %(reference)s"),
    RETURNED: lazy("Report returned: %(reference)s"),
    APPROVED: lazy("Report approved: %(reference)s"),
}
WORDS: dict[str, tuple[Promise, Promise]] = {
    SUBMITTED: (
        lazy("The report %(reference)s was submitted to the Head of Profession and the deputies."),
        lazy("Read it, and return it or decide on it, here, after signing in:"),
    ),
    TAKEN_BACK: (
        lazy("The report %(reference)s was taken back by those who write it. It will be submitted again."),
        lazy("How it stands is here, after signing in:"),
    ),
    RETURNED: (
        lazy("The report %(reference)s was returned with a comment."),
        lazy("What is asked for is here, after signing in:"),
    ),
    APPROVED: (
        lazy("The report %(reference)s was approved. It was sent to nobody by this."),
        lazy("How it stands is here, after signing in:"),
    ),
}


def find_moved_reports(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for reports that somebody moved on: by reference and link, and never to who did it.

    What was submitted or taken back goes to the Heads of Profession and deputies, what was returned to who submitted
    it and whoever deals with it, what was approved to all of them. Of a rehearsal only those are told who take part.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what happened in the last seven days is told.
    """
    recent = ReportEvent.objects.filter(kind__in=MOVE_SUBJECTS, at__gt=now - NEWS).order_by("position")
    missing = [key for key, kind in recent.values_list("pk", "kind") if _event(kind, key) not in told]
    if not missing:
        return
    events = list(ReportEvent.objects.filter(pk__in=missing).select_related("report").order_by("position"))
    people = people_concerned_by([event.report for event in events])
    for event in events:
        yield Notification(
            event=_event(event.kind, event.pk),
            recipients=_recipients(event, people[event.report_id]),
            subject=_subject(event.report, MOVE_SUBJECTS[event.kind]),
            text=_text(event.report, *WORDS[event.kind]),
            about=about_report(event.report),
        )


def _event(kind: str, key: int) -> str:
    return f"report-{kind.replace('_', '-')}-{key}"


def _recipients(event: ReportEvent, people: People) -> frozenset[str]:
    match event.kind:
        case kind if kind == RETURNED:
            told = people.dealing | people.submitters(before=event.position)
        case kind if kind == APPROVED:
            told = people.leads | people.dealing | people.submitters(before=event.position)
        case _:
            told = people.leads
    return people.addresses(told, but=event.actor_id)


def _subject(report: Report, words: Promise) -> str:
    subject = str(words) % {"reference": report.reference}
    return base.rehearsal_subject(subject, rehearsal=report.rehearsal)


def _text(report: Report, what: Promise, where: Promise) -> str:
    rehearsal = base.rehearsal_opening(base.AFTERWARDS, rehearsal=report.rehearsal)
    path = reverse("breaches:report", args=[report.reference])
    lines = [*rehearsal, str(what) % {"reference": report.reference}, str(where), f"{settings.ADDRESS}{path}"]
    return "\n\n".join(lines) + "\n"


# Nobody is reminded in the night.
FROM = time(9, 0)


def find_due_reports(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give the reminders whose day has come, each once, whenever this is asked.

    A report that waits for the lead reminds the leads; any other those who write it as well. They name the report by
    its reference alone. Rehearsals remind nobody; nor does a joint report, where one of its drafts did so already.

    :param told: the events that were told already.
    :param now: the aware instant of asking; reminders of the last seven days are given.
    """
    for report in Report.objects.official().undecided().select_related("producer").order_by("pk"):
        nation, drafted_on = Nation(report.producer.nation), london.local_date(report.drafted_at)
        day = lifecycle.due_on(drafted_on, working_days=settings.REPORT_DUE_AFTER, nation=nation)
        for reminder in lifecycle.reminders(
            day, days_after=settings.REPORT_REMINDERS, drafted_on=drafted_on, nation=nation
        ):
            begins = london.from_london(datetime.combine(reminder.on, FROM))
            event = _due_event(report.pk, reminder)
            is_news = begins <= now < begins + NEWS and event not in told
            if is_news and not any(_due_event(draft, reminder) in told for draft in _drafts_of(report)):
                subject = _("Breach report %(reference)s is due on %(day)s") % {
                    "reference": report.reference,
                    "day": london.format_day(day),
                }
                text = _due_text(report, day=london.format_day(day))
                yield Notification(event, _due_recipients(report), subject, text, about=about_report(report))


def _due_event(report: int, reminder: lifecycle.Reminder) -> str:
    return f"report-due-{report}-{reminder.days_after}"


def _drafts_of(report: Report) -> QuerySet[JoinedDraft, int]:
    """Return the keys of the drafts that became a report, if several did."""
    return JoinedDraft.objects.standing().filter(joint=report).values_list("draft", flat=True)


def _due_recipients(report: Report) -> frozenset[str]:
    roles = LEADS if report.status == ReportStatus.WITH_HOP else LEADS | {Role.STATISTICIAN}
    users = {membership.user for membership in open_memberships([report.producer_id], roles).select_related("user")}
    # A report on who had access, or on a leak, does not exist for everybody who writes reports.
    return frozenset(user.email.lower() for user in users if may(user, Action.VIEW, report))


def _due_text(report: Report, *, day: str) -> str:
    waits = (
        _("It waits for the decision of the Head of Profession or a deputy.")
        if report.status == ReportStatus.WITH_HOP
        else _("It has not been submitted to the Head of Profession.")
    )
    lines = [
        _("The breach report %(reference)s is due on %(day)s, and not decided.")
        % {"reference": report.reference, "day": day},
        waits,
        _("Read it here, after signing in:"),
        f"{settings.ADDRESS}{reverse('breaches:report', args=[report.reference])}",
    ]
    return "\n\n".join(lines) + "\n"


DISPATCH_SUBJECTS = {
    Nature.REPORT: "Report of a breach of the Code of Practice for Statistics",
    Nature.CORRECTION_NOTICE: "Notice: a breach report will be corrected",
    Nature.WITHDRAWAL_NOTICE: "Notice: a breach report is withdrawn",
}


def find_reports_to_send(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give the mails that were sent by a person's step and are not in the outbox yet.

    They are somebody's deliberate act and no news, so they are given for as long as `told` reaches back.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was sent in the last fourteen days is given.
    """
    dispatches = Dispatch.objects.by_mail().filter(at__gt=now - 2 * NEWS)
    missing = [key for key in dispatches.values_list("pk", flat=True) if event_of_dispatch(key) not in told]
    found = dispatches.filter(pk__in=missing).select_related("report__producer", "document", "by")
    for dispatch in found.defer("document__pdf"):
        yield Notification(
            event=event_of_dispatch(dispatch.pk),
            recipients=frozenset([dispatch.recipient]),
            subject=_dispatch_subject(dispatch),
            text=_dispatch_text(dispatch),
            about=about_report(dispatch.report),
            document=dispatch.document_id if dispatch.nature == Nature.REPORT else None,
            reply_to=dispatch.by.email,
        )


def event_of_dispatch(dispatch: int) -> str:
    """Name the event under which the mail of a dispatch is in the outbox.

    :param dispatch: by key.
    """
    return f"report-sent-{dispatch}"


def _dispatch_subject(dispatch: Dispatch) -> str:
    subject = f"{DISPATCH_SUBJECTS[Nature(dispatch.nature)]}: {dispatch.report.reference}"
    return f"Rehearsal: {subject}" if dispatch.report.rehearsal else subject


def _dispatch_text(dispatch: Dispatch) -> str:
    report, document = dispatch.report, dispatch.document
    parts = ["This is a rehearsal: no real release and no real breach."] if report.rehearsal else []
    parts += [dispatch.words] if dispatch.words else []
    parts.append(_about(dispatch))
    parts.append(f"{dispatch.by}, {ROLES[Role(dispatch.role)]}, {report.producer}")
    if dispatch.nature == Nature.REPORT:
        parts.append(f"SHA-256 of the attached file: {document.pdf_sha256}")
    return "\n\n".join(parts) + "\n"


def _about(dispatch: Dispatch) -> str:
    document = dispatch.document
    approved_on = format_day(local_date(document.approved_at))
    what = f"report {dispatch.report.reference}, version {document.version}, approved on {approved_on}"
    match dispatch.nature:
        case Nature.REPORT:
            return f"Attached is {what}.{_titles(dispatch)}{_replaces(dispatch)}"
        case Nature.CORRECTION_NOTICE:
            return f"This is about {what}.{_titles(dispatch)} A corrected report will follow."
        case _:
            return f"This is about {what}.{_titles(dispatch)} The report is withdrawn."


def _titles(dispatch: Dispatch) -> str:
    version = dispatch.report.versions.get(number=dispatch.document.version)
    outputs = content_from_json(version.content).outputs
    return f" It reports on {join_words(f'‘{output.title}’' for output in outputs)}."


def _replaces(dispatch: Dispatch) -> str:
    before = Dispatch.objects.filter(report=dispatch.report, nature=Nature.REPORT, at__lt=dispatch.at)
    earlier = before.select_related("document").defer("document__pdf").last()
    return f" It replaces version {earlier.document.version}, sent on {format_day(earlier.sent_on)}." if earlier else ""


# What turned out to be no breach, or was withdrawn, asks nobody for anything.
ASKS_NOTHING = (ReportStatus.DISMISSED, ReportStatus.WITHDRAWN)


def find_overdue_actions(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for open actions whose day has passed: one reminder for each action and day set for it.

    It goes to the responsible statisticians and Heads of Profession of the report's series, or to the producer's
    leads where none can be reached, and names the report by its reference alone. Nobody is reminded of rehearsals.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what fell due in the last seven days is told.
    """
    today = local_date(now)
    overdue = CorrectiveAction.objects.overdue(on=today).filter(due__gt=today - NEWS, report__rehearsal=False)
    listed = overdue.exclude(report__status__in=ASKS_NOTHING).select_related("report__producer")
    for action in listed.order_by("due", "pk"):
        if _action_event(action) not in told:
            about = about_report(action.report)
            yield Notification(
                _action_event(action),
                _action_recipients(action),
                _action_subject(action),
                _action_text(action),
                about=about,
            )


def _action_event(action: CorrectiveAction) -> str:
    return f"overdue-action-{action.pk}-{action.due}"


def _action_recipients(action: CorrectiveAction) -> frozenset[str]:
    series = Series.objects.filter(pk__in=corrective_actions.series_of_report(action.report).values("pk"))
    contacts = [
        contact
        for one in series.select_related("responsible__user", "head_of_profession__user")
        for contact in (one.responsible, one.head_of_profession)
        if contact
    ]
    # A report on who had access, or on a leak, does not exist for whoever keeps the series.
    if action.report.kind not in RESTRICTED and (reached := addresses_of(contacts)):
        return reached
    return frozenset(open_memberships([action.report.producer_id]).values_list("user__email", flat=True))


def _action_subject(action: CorrectiveAction) -> str:
    return _("A corrective action is overdue: %(reference)s") % {"reference": action.report.reference}


def _action_text(action: CorrectiveAction) -> str:
    assert action.due is not None  # noqa: S101  # what has no day is never overdue
    path = reverse("breaches:actions", args=[action.report.reference])
    paragraphs = [
        _("A corrective action of the report %(reference)s was due by %(day)s and is not put down as done.")
        % {"reference": action.report.reference, "day": format_day(action.due)},
        _("Read it here after signing in, and say that it is done or give it another day:"),
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(paragraphs) + "\n"


UNACKNOWLEDGED = "unacknowledged-"


def find_unacknowledged(*, told: Collection[str], now: datetime) -> Iterator[Notification]:
    """Give what is owed for suspected breaches with which nobody is dealing after STATSOFFICE_ACKNOWLEDGE_MINUTES.

    One message to the next contact for all such reports of a producer: the first of Head of Profession, deputies and
    the producer's leads who was not told of the suspicion, or else the first of them once more. A rehearsal is told by
    itself.

    :param told: the events that were told already.
    :param now: the aware instant of asking; suspicions of the last seven days are told.
    """
    reports = list(
        Report.objects.filter(pk__in=_unacknowledged(now=now).values("pk"))
        .order_by("drafted_at", "pk")
        .select_related("producer")
        .prefetch_related(
            "suspicions__release__series__producer",
            "suspicions__release__series__head_of_profession__user",
            "suspicions__release__series__deputies__user",
        )
    )
    if not reports:
        return
    first_told, leads = _first_told(reports), _leads(reports)
    together: dict[tuple[int, str, int | None], list[Report]] = defaultdict(list)
    for report in reports:
        in_turn = [one for suspicion in report.suspicions.all() for one in _in_turn(suspicion.release)]
        asked = list(dict.fromkeys([*in_turn, *([] if report.rehearsal else leads[report.producer_id])]))
        fresh = [address for address in asked if address not in first_told[report.pk]]
        if asked:
            by_itself = report.pk if report.rehearsal else None
            together[report.producer_id, (fresh or asked)[0], by_itself].append(report)
    for (_producer, recipient, _report), waiting in together.items():
        yield _owed(waiting, recipient)


def _owed(reports: Sequence[Report], recipient: str) -> Notification:
    names = " ".join(report.reference for report in reports)
    return Notification(
        event=f"{UNACKNOWLEDGED}{sha256_hex(names.encode())[:32]}",
        recipients=frozenset([recipient]),
        subject=_reminder_subject(reports),
        text=_reminder_text(reports),
        about=about_report(reports[0]) if len(reports) == 1 else About(producer=reports[0].producer_id),
        suspicions=tuple(suspicion.pk for report in reports for suspicion in report.suspicions.all()),
    )


def _unacknowledged(*, now: datetime) -> QuerySet[Report]:
    said = ToldSuspicion.objects.filter(suspicion__report=OuterRef("pk"), event__startswith=UNACKNOWLEDGED)
    return (
        Report.objects.undecided()
        .filter(
            ~Exists(said),
            person_dealing__isnull=True,
            suspicions__raised_at__gt=now - NEWS,
            suspicions__raised_at__lte=now - settings.ACKNOWLEDGED_WITHIN,
        )
        .distinct()
    )


def _first_told(reports: Collection[Report]) -> dict[int, set[str]]:
    """Return whom the outbox has told of the suspicions of each report, by the report's key."""
    suspicions = {suspicion.pk: report.pk for report in reports for suspicion in report.suspicions.all()}
    told: dict[int, set[str]] = defaultdict(set)
    for suspicion, people in of_suspicions(suspicions).items():
        told[suspicions[suspicion]] |= people
    return told


def _leads(reports: Collection[Report]) -> dict[int, list[str]]:
    """Return the addresses of the Heads of Profession and deputies of each report's producer, by its key."""
    leads: dict[int, list[str]] = defaultdict(list)
    held = open_memberships({report.producer_id for report in reports})
    for producer, email in held.order_by("pk").values_list("producer_id", "user__email"):
        leads[producer].append(email.strip().lower())
    return leads


def _in_turn(release: Release) -> Iterator[str]:
    """Give the addresses of those who answer for a release's series, in the order in which they are asked."""
    series = release.series
    for contact in (series.head_of_profession, *series.deputies.all()):
        # Of a rehearsal only those are told who take part in it, with an account.
        if contact and (contact.user or not release.rehearsal):
            yield from addresses_of([contact])


def _reminder_subject(reports: Sequence[Report]) -> str:
    if len(reports) == 1:
        words = _("Nobody is dealing with a suspected breach: %(reference)s") % {"reference": reports[0].reference}
        return base.rehearsal_subject(words, rehearsal=reports[0].rehearsal)
    counted = {"number": len(reports), "producer": " ".join(str(reports[0].producer).split())}
    return _("Nobody is dealing with %(number)s suspected breaches: %(producer)s") % counted


def _reminder_text(reports: Sequence[Report]) -> str:
    minutes = int(settings.ACKNOWLEDGED_WITHIN.total_seconds() // 60)
    paragraphs = [
        *base.rehearsal_opening(base.AFTERWARDS, rehearsal=reports[0].rehearsal),
        _(
            "Our automatic check suspected a breach more than %(minutes)s minutes ago, and nobody has said that they "
            "are dealing with it. You are told as the next contact."
        )
        % {"minutes": minutes},
        _("Say here, after signing in, that you are dealing with it, or who is:"),
        *(f"{settings.ADDRESS}{reverse('breaches:report', args=[report.reference])}" for report in reports),
    ]
    return "\n\n".join(paragraphs) + "\n"
