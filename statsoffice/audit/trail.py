"""The audit trail: where its entries come from, who may read them, and how they are filtered and described."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin.models import LogEntry
from django.db.models import CharField, F, IntegerField, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.compliance import POLICY_EDITED, PUNCTUALITY_HIDDEN, PUNCTUALITY_SHOWN, TABLE_APPROVED
from breaches.models import Edition, Practice, RegisterEvent, Report, ReportEvent
from breaches.permissions import reports_with
from breaches.register import EXPORTED as REGISTER_EXPORTED
from breaches.text import CHARTS, event_title
from releases.early_findings import without_early_findings
from releases.evidence.embargo import READ
from releases.evidence.export import EXPORTED as EVIDENCE_EXPORTED
from releases.models import Address, Contact, Cover, Exemption, Membership, Producer, Release, ReleaseEvent, Series
from releases.permissions import Person, producers_with, roles_anywhere
from releases.text.calendar import event_sentence, with_token
from statsoffice.accounts.models import User
from statsoffice.accounts.permissions import TRAIL_TABLE, TrailAction
from statsoffice.audit.models import AccountEvent, What
from statsoffice.notifications.models import Preference
from statsoffice.webhooks.models import WebhookChange


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the audit trail that a person may read.

    :param producers: the keys of the producers.
    :param people: the keys of all users who have or had a role at one of these producers.
    :param is_narrowed: whether entries that belong to no producer are left out.
    """

    person: Person
    producers: frozenset[int]
    people: frozenset[int]
    is_narrowed: bool


def producers_audited_by(person: Person) -> "QuerySet[Producer]":
    return producers_with(person, TRAIL_TABLE[TrailAction.READ]).order_by("name")


def may_read_trail(person: Person) -> bool:
    return bool(TRAIL_TABLE[TrailAction.READ] & roles_anywhere(person))


def scope_of(person: Person, producers: Iterable[Producer], *, is_narrowed: bool) -> Scope:
    """Return the scope for the given producers, which the person must be allowed to audit.

    :param is_narrowed: whether the person has selected one producer. If so, entries without a producer are left out.
    """
    keys = frozenset(producer.pk for producer in producers)
    people: set[int] = set()
    for rows in (Membership.objects.all(), Membership.history.all()):
        people.update(rows.filter(producer__in=keys).values_list("user_id", flat=True))
    return Scope(person=person, producers=keys, people=frozenset(people), is_narrowed=is_narrowed)


DOCUMENTS = ("downloaded", "draft_downloaded", "concern_downloaded", "statement_downloaded", "attachment_downloaded")
DECISIONS = (
    *("returned", "approved", "recorded", "dismissed", "reopened", "sent", "correction_begun", "withdrawn", "closed"),
    *("own_act_declared", "made_public", "public_taken_back", "redacted"),
)
# If a lead agrees to a request, this also makes an event of the kind "change_date".
CALENDAR_MOVES = (
    *("confirm", "announce", "change_date", "cancel"),
    *("date_change_asked", "date_change_refused", "date_change_withdrawn"),
)
TOKENS = (What.API_TOKEN_CREATED, What.API_TOKEN_REVOKED)
SIGN_INS = tuple(
    what for what in What if what not in {What.NUMBERS_CONFIRMED, What.FILE_TAKEN, What.API_TOKEN_USED, *TOKENS}
)


class Kind(StrEnum):
    SIGN_IN = "sign_in"
    PERMISSION = "permission"
    DOWNLOAD = "download"
    EXPORT = "export"
    DECISION = "decision"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Source:
    """A source of entries for the audit trail.

    :param rows: a function that takes a scope and returns the rows in this scope.
    :param at: the column with the time of an entry.
    :param who: the column with the actor of an entry.
    """

    name: str
    kind: Kind
    rows: Callable[[Scope], "QuerySet[Any]"]
    at: str = "at"
    who: str = "actor"


def _of_accounts(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        own = Q(account__in=scope.people)
        # A failed sign-in with an unknown address belongs to no producer.
        return AccountEvent.objects.filter(own if scope.is_narrowed else own | Q(account=None), kind__in=kinds)

    return rows


def _of_tokens(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        return AccountEvent.objects.filter(kind__in=kinds, facts__producer__in=sorted(scope.producers))

    return rows


def _of_releases(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        own = ReleaseEvent.objects.filter(release__series__producer__in=scope.producers, kind__in=kinds)
        own = own.select_related("release")
        # Leave out events that could reveal to this person that a release was found early.
        return without_early_findings(own, scope.person, at="at")

    return rows


def _of_calendar(scope: Scope) -> "QuerySet[Any]":
    # What our own jobs do has no actor. Changes through API tokens are in another source.
    return _of_releases(*CALENDAR_MOVES)(scope).filter(actor__isnull=False).exclude(facts__has_key="api_token")


def _of_reports(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        reports = reports_with(scope.person, TRAIL_TABLE[TrailAction.READ]).filter(producer__in=scope.producers)
        return ReportEvent.objects.filter(report__in=reports, kind__in=kinds).select_related("report__producer")

    return rows


def _of_registers(scope: Scope) -> "QuerySet[Any]":
    return RegisterEvent.objects.filter(producer__in=scope.producers, kind=REGISTER_EXPORTED)


def _of_compliance(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        return RegisterEvent.objects.filter(producer__in=scope.producers, kind__in=kinds)

    return rows


def _of_webhooks(scope: Scope) -> "QuerySet[Any]":
    rows = WebhookChange.objects.filter(producer__in=scope.producers, actor__isnull=False)
    return rows.select_related("endpoint", "source")


def _account_changes(scope: Scope) -> "QuerySet[Any]":
    # A key alone does not identify a user, because a group or an invitation may have the same key.
    own = Q(content_type__app_label="accounts", content_type__model="user")
    own &= Q(object_id__in=[str(key) for key in scope.people])
    by_them = Q(content_type__app_label__in=["accounts", "auth"], user__in=scope.people)
    return LogEntry.objects.filter(own | by_them)


def _history(model: type[Model], producer: str = "") -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        # django-simple-history adds `history`, and ships no types.
        edited: QuerySet[Any] = model.history.filter(history_user__isnull=False)  # type: ignore[attr-defined]
        if not producer:
            return edited.none() if scope.is_narrowed else edited
        return edited.filter(**{f"{producer}__in": scope.producers})

    return rows


def _edits_of(model: type[Model], producer: str = "", *, kind: Kind = Kind.EDIT) -> Source:
    name = f"{model._meta.model_name}_history"
    return Source(name, kind, _history(model, producer), at="history_date", who="history_user")


SOURCES = {
    source.name: source
    for source in (
        Source("sign_ins", Kind.SIGN_IN, _of_accounts(*SIGN_INS)),
        Source("numbers", Kind.PERMISSION, _of_accounts(What.NUMBERS_CONFIRMED)),
        Source("files", Kind.EXPORT, _of_accounts(What.FILE_TAKEN)),
        Source("registers", Kind.EXPORT, _of_registers),
        Source("evidence", Kind.EXPORT, _of_releases(EVIDENCE_EXPORTED)),
        Source("documents", Kind.DOWNLOAD, _of_reports(*DOCUMENTS)),
        Source("decisions", Kind.DECISION, _of_reports(*DECISIONS)),
        Source("calendar", Kind.DECISION, _of_calendar),
        Source("compliance", Kind.DECISION, _of_compliance(TABLE_APPROVED, PUNCTUALITY_SHOWN, PUNCTUALITY_HIDDEN)),
        Source("policies", Kind.EDIT, _of_compliance(POLICY_EDITED)),
        Source("webhooks", Kind.EDIT, _of_webhooks),
        Source("bodies", Kind.DOWNLOAD, _of_releases(READ)),
        Source("api_tokens", Kind.PERMISSION, _of_tokens(*TOKENS)),
        Source("api_changes", Kind.EDIT, _of_tokens(What.API_TOKEN_USED)),
        Source("accounts", Kind.PERMISSION, _account_changes, at="action_time", who="user"),
        _edits_of(Membership, "producer", kind=Kind.PERMISSION),
        _edits_of(Cover, "producer", kind=Kind.PERMISSION),
        _edits_of(Producer, "id"),
        _edits_of(Contact, "producer"),
        _edits_of(Series, "producer"),
        _edits_of(Release, "series__producer"),
        _edits_of(Address, "release__series__producer"),
        _edits_of(Exemption, "producer"),
        _edits_of(Preference, "producer"),
        _edits_of(Edition),
        _edits_of(Practice),
    )
}


def find_rows(source: Source, scope: Scope) -> "QuerySet[Any]":
    """Return the rows of a source in a scope, annotated with their time (`when`) and actor (`whose`)."""
    found: QuerySet[Any] = source.rows(scope).order_by().annotate(when=F(source.at), whose=F(source.who))
    return found


KINDS = {
    Kind.SIGN_IN: lazy("Signing in and out"),
    Kind.PERMISSION: lazy("Roles and accounts"),
    Kind.DOWNLOAD: lazy("Documents read or downloaded"),
    Kind.EXPORT: lazy("Exports"),
    Kind.DECISION: lazy("Decisions"),
    Kind.EDIT: lazy("Edits"),
}
ACCOUNT = {
    What.SIGNED_IN: lazy("Signed in"),
    What.SIGNED_OUT: lazy("Signed out"),
    What.PASSWORD_CHANGED: lazy("Changed password"),
    What.SECOND_STEP_SET_UP: lazy("Set up second step: %(how)s"),
    What.SECOND_STEP_REMOVED: lazy("Removed second step: %(how)s"),
    What.SECOND_STEP_FAILED: lazy("Failed second step: %(how)s"),
    What.RECOVERY_CODES_MADE: lazy("Created recovery codes"),
}
MEANS = {
    "totp": lazy("authenticator app"),
    "webauthn": lazy("passkey"),
    "recovery_codes": lazy("recovery codes"),
}
DOCUMENT_NAMES = {
    "downloaded": lazy("Downloaded the approved document of report %(report)s, version %(version)s"),
    "draft_downloaded": lazy("Downloaded the draft of report %(report)s, version %(version)s"),
    "concern_downloaded": lazy("Downloaded the short concern of report %(report)s, version %(version)s"),
    "statement_downloaded": lazy("Downloaded the statement on report %(report)s, version %(version)s"),
    "attachment_downloaded": lazy("Downloaded an attachment of report %(report)s"),
}
FILE_NAMES = {
    "exchange:export": lazy("releases in the calendar (%(kind)s)"),
    "admin:releases_release_changelist": lazy("releases in the calendar"),
    "exchange:template": lazy("the calendar template (%(kind)s)"),
    "exchange:export_year_review": lazy("the releases of a past year (%(kind)s)"),
    "exchange:year_review_picture": lazy("the chart ‘Delays stated by GOV.UK’ (%(kind)s)"),
    "releases:export_changes": lazy("the date changes (%(kind)s)"),
    "releases:dummy_file": lazy("a dummy file (%(kind)s)"),
    "breaches:export_figures": lazy("the figures on releases and breaches (%(kind)s)"),
    "breaches:picture": lazy("the chart ‘%(chart)s’ (%(kind)s)"),
    "breaches:yearly_draft": lazy("the draft compliance table for %(year)s (%(kind)s)"),
    "breaches:yearly_file": lazy("the compliance table for %(year)s, version %(number)s (%(kind)s)"),
    # Only earlier versions recorded this download. The text does not name the report, because access to the report may
    # be restricted.
    "breaches:attachment": lazy("an attachment of a breach report"),
    "admin:releases_contact_export": lazy("the contacts (%(kind)s)"),
    "admin:releases_series_export": lazy("the series (%(kind)s)"),
    "admin:releases_producer_export": lazy("the producers (%(kind)s)"),
    "morning_sheet_pdf": lazy("the morning sheet (PDF)"),
    "mfa_download_recovery_codes": lazy("recovery codes"),
}
"""Descriptions of downloaded files, keyed by view name."""
DONE = {"+": lazy("Added %(what)s: %(name)s"), "~": lazy("Changed %(what)s: %(name)s")}
DONE["-"] = lazy("Removed %(what)s: %(name)s")


def describe_entry(place: str, row: Any) -> str:
    return SENTENCES.get(place, _edit)(row)


def _account(event: AccountEvent) -> str:
    if event.kind != What.SIGN_IN_FAILED:
        return str(ACCOUNT[What(event.kind)]) % {"how": MEANS.get(event.facts.get("how", ""), "")}
    if event.account is None:
        return _("Failed sign-in with an unknown email address or a closed account")
    return _("Failed sign-in as %(person)s") % {"person": event.account}


def _numbers(event: AccountEvent) -> str:
    endings, declined = (", ".join(event.facts.get(name, [])) for name in ("endings", "declined"))
    if endings and declined:
        words = _(
            "Confirmed mobile numbers ending in %(endings)s for text messages, and said that those ending in "
            "%(declined)s are not theirs"
        )
    elif endings:
        words = _("Confirmed mobile numbers ending in %(endings)s for text messages")
    elif declined:
        words = _("Said that mobile numbers ending in %(declined)s are not theirs")
    else:
        words = _("No mobile number confirmed for text messages")
    return words % {"endings": endings, "declined": declined}


def _file(event: AccountEvent) -> str:
    try:
        page = resolve(event.facts["path"])
    except Resolver404:
        return _("Downloaded a file that no longer exists")
    kind = page.kwargs.get("kind") or page.kwargs.get("file_kind", "")
    chart = CHARTS.get(page.kwargs.get("key", ""), "")
    name = str(FILE_NAMES.get(page.view_name, lazy("a file"))) % {**page.kwargs, "kind": kind.upper(), "chart": chart}
    if parse_qs(event.facts["asked"]).get("contacts") == ["yes"]:
        return _("Downloaded %(file)s with contacts") % {"file": name}
    return _("Downloaded %(file)s") % {"file": name}


def _token(event: AccountEvent) -> str:
    words = (
        _("Created the API token %(token)s")
        if event.kind == What.API_TOKEN_CREATED
        else _("Revoked the API token %(token)s")
    )
    return words % {"token": event.facts["token"]}


API_CHANGES = {
    "planned": lazy("Planned release %(release)s through API token %(token)s"),
    "changed": lazy("Changed the date of release %(release)s through API token %(token)s"),
    "requested": lazy("Requested another date for release %(release)s through API token %(token)s"),
    "cancelled": lazy("Cancelled release %(release)s through API token %(token)s"),
    "refused": lazy("Requested a change through API token %(token)s (request refused)"),
}


def _api_change(event: AccountEvent) -> str:
    facts = {"release": event.facts.get("release", ""), "token": event.facts["token"]}
    return str(API_CHANGES[event.facts["outcome"]]) % facts


def _document(event: ReportEvent) -> str:
    version = event.facts.get("version", "")
    words = str(DOCUMENT_NAMES[event.kind]) % {"report": _number_with_producer(event.report), "version": version}
    return with_token(words, event.facts)


def _decision(event: ReportEvent) -> str:
    return _("Report %(report)s: %(what)s") % {
        "report": _number_with_producer(event.report),
        "what": event_title(event),
    }


def _calendar_move(event: ReleaseEvent) -> str:
    return _("‘%(release)s’: %(what)s") % {"release": event.release, "what": event_sentence(event)}


def _number_with_producer(report: Report) -> str:
    # Several producers can use the same number.
    return f"{report.number} ({report.producer})"


def _register(event: Any) -> str:
    words = _("Downloaded the breach register of %(producer)s (%(reports)s reports)")
    if event.facts.get("contacts"):
        words = _("Downloaded the breach register of %(producer)s with contacts (%(reports)s reports)")
    return words % {"producer": event.producer, "reports": event.facts.get("reports", "?")}


COMPLIANCE = {
    POLICY_EDITED: lazy("Edited the release practice policy of %(producer)s for %(year)s"),
    TABLE_APPROVED: lazy("Approved the compliance table of %(producer)s for %(year)s, version %(number)s"),
    PUNCTUALITY_SHOWN: lazy("Turned on the public punctuality page of %(producer)s"),
    PUNCTUALITY_HIDDEN: lazy("Turned off the public punctuality page of %(producer)s"),
}


def _compliance(event: Any) -> str:
    facts = {"year": event.facts.get("year", ""), "number": event.facts["number"]}
    return str(COMPLIANCE[event.kind]) % {"producer": event.producer, **facts}


def _evidence(event: Any) -> str:
    words = _("Downloaded the evidence for ‘%(release)s’") % {"release": event.release}
    return with_token(words, event.facts)


def _body(event: Any) -> str:
    words = _("Downloaded a stored copy of a page of ‘%(release)s’")
    if event.facts.get("how") == "source":
        words = _("Viewed a stored copy of a page of ‘%(release)s’")
    if event.facts.get("how") == "screenshot":
        words = _("Viewed a screenshot of a page of ‘%(release)s’")
    return words % {"release": event.release}


def _describe_account_change(entry: Any) -> str:
    return f"{entry.object_repr}: {entry.get_change_message() or _('changed')}"


def _edit(row: Any) -> str:
    edited = row.instance
    names = {"what": edited._meta.verbose_name, "name": edited}
    if isinstance(edited, Address):
        names = {"what": edited.get_role_display().lower(), "name": edited.release}
    return str(DONE[row.history_type]) % names


SENTENCES: dict[str, Callable[[Any], str]] = {
    "sign_ins": _account,
    "numbers": _numbers,
    "files": _file,
    "documents": _document,
    "decisions": _decision,
    "calendar": _calendar_move,
    "registers": _register,
    "compliance": _compliance,
    "policies": _compliance,
    "webhooks": str,
    "evidence": _evidence,
    "bodies": _body,
    "api_tokens": _token,
    "api_changes": _api_change,
    "accounts": _describe_account_change,
}


# The instant of an entry, the name of its source, the key of its row, the position of its kind in `Kind`, and the
# actor's name in lower case.
type Place = tuple[datetime, str, int, int, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    who: str
    kind: Kind
    what: str


def find_places(
    scope: Scope,
    *,
    kind: Kind | None = None,
    person: int | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
) -> "QuerySet[Any, Place]":
    """Return a `Place` for each entry in the scope that matches the filters, latest first.

    :param person: the key of the actor.
    :param first: the earliest time to include, as an aware datetime.
    :param last: the latest time to include, as an aware datetime.
    """
    filters: dict[str, Any] = {"whose": person, "when__gte": first, "when__lte": last}
    conditions = {name: value for name, value in filters.items() if value is not None}
    found = [
        find_rows(source, scope)
        .filter(**conditions)
        .annotate(
            place=Value(source.name, output_field=CharField()),
            kind_place=Value(list(Kind).index(source.kind), output_field=IntegerField()),
            # The name of the account as in `User.__str__`, in lower case for sorting.
            whose_name=Lower(
                Coalesce(NullIf(f"{source.who}__name", Value("")), f"{source.who}__email", output_field=CharField())
            ),
        )
        .values_list("when", "place", "pk", "kind_place", "whose_name")
        for source in SOURCES.values()
        if kind in {None, source.kind}
    ]
    joined: QuerySet[Any, Place] = found[0].union(*found[1:], all=True).order_by("-when", "place", "-pk")
    return joined


def find_entries(found: Sequence[Place], scope: Scope) -> list[Entry]:
    keys = defaultdict(set)
    for _when, place, key, *_rest in found:
        keys[place].add(key)
    rows = {place: find_rows(SOURCES[place], scope).in_bulk(list(of_place)) for place, of_place in keys.items()}
    people = {row.whose for by_key in rows.values() for row in by_key.values() if row.whose}
    names = {person.pk: str(person) for person in User.objects.filter(pk__in=people)}
    return [
        Entry(
            at=when,
            who=names.get(rows[place][key].whose, ""),
            kind=SOURCES[place].kind,
            what=describe_entry(place, rows[place][key]),
        )
        for when, place, key, *_rest in found
    ]
