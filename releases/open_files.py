"""Use dummy files on authorised hosts to check that the public cannot open unpublished files (decision 107).

A dummy file contains a random token and no statistics. A check requests the address of the file, as any reader could,
and records whether the response contains the token. Requests are sent only to hosts for which a written authorisation
by the owner is recorded.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from releases.detection.finding import AddressRole, Expectation, Finding
from releases.detection.open_files import (
    CODE_CHARACTERS,
    CODE_LENGTH,
    NOT_AUTHORISED,
    TASKS,
    AddressFault,
    AddressResult,
    DummyFileState,
    Result,
    Sign,
    Target,
    decide_file_state,
    file_name_of,
    find_file_fault,
    find_page_fault,
    is_same_place,
    judge_response,
)
from releases.early_findings import current_contact
from releases.models import (
    Address,
    DummyFile,
    HostAuthorisation,
    IncidentContact,
    OpenFileCheck,
    OpenFileFinding,
    OpenFileRemedy,
    Producer,
    Series,
)
from releases.models.append_only import allow_redaction, overwrite, redaction_marker
from releases.models.event import lock_producer, record_rows
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.permissions import Action, Person, User, check_may, may, producers_where
from releases.rules.calendar import local_date
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused, Status
from releases.rules.response import Answer, Failure
from releases.rules.web_address import NotAWebAddressError, parse_address, place_if_any, place_of

logger = logging.getLogger(__name__)

ADAPTER = "page"
# If a check failed in one of these ways, and was not redirected before, no request was sent.
_UNSENT = frozenset({Failure.ADDRESS_REFUSED, Failure.ASKED_TO_WAIT})
# A second click within this time does not create a second dummy file.
_SECOND_CLICK = timedelta(minutes=1)
_TOKEN_BYTES = 16


class OpenFileRefused(FieldRefused):
    """The given values cannot be accepted. `field` is the name of the field that is refused."""


class NothingToDo(MoveRefused):
    """No address of the dummy file was open."""


def producers_shown_to(person: Person, *, action: Action = Action.KNOW_OPEN_FILES) -> QuerySet[Producer]:
    """Return the producers for which a person is the incident contact or has a role that allows an action.

    By default, these are the producers whose dummy files the person may know about.
    """
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    as_contact = IncidentContact.objects.current().filter(person=person)
    permitted = producers_where(person, action)
    return Producer.objects.filter(Q(pk__in=as_contact.values("producer")) | Q(pk__in=permitted.values("pk")))


def may_see_files(person: Person, producer: Producer) -> bool:
    """Return whether a person may know about the dummy files of a producer and the results of their checks."""
    if may(person, Action.KNOW_OPEN_FILES, producer):
        return True
    contact = current_contact(producer)
    return contact is not None and person.is_authenticated and person.is_active and contact.person_id == person.pk


# Authorised hosts


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The details of the written authorisation by the owner of a host."""

    host: str
    owner_name: str
    owner_post: str
    reference: str
    authorised_on: date


def find_authorisation(producer: Producer, host: str) -> HostAuthorisation | None:
    """Return the current authorisation that a producer has for a host, or None.

    :param host: in the form that `place_of` returns.
    """
    return HostAuthorisation.objects.current().filter(producer=producer, host=host).first()


def authorise_host(producer: Producer, given: Authorisation, *, by: User, at: datetime) -> HostAuthorisation:
    """Record the written authorisation of a host's owner, which replaces an earlier authorisation of the same host.

    A second click returns the first record.

    :param given: `host` may be written as a web address.
    :raises NotYours: if none of the person's roles allows it.
    :raises OpenFileRefused: if a value is missing, the host is not valid, or the date is in the future.
    """
    check_may(by, Action.AUTHORISE_HOST, producer)
    host = _read_host(given.host)
    texts = {name: getattr(given, name).strip() for name in ("owner_name", "owner_post", "reference")}
    missing = {
        "owner_name": _("Enter the name of the owner."),
        "owner_post": _("Enter the post of the owner."),
        "reference": _("Enter the reference of the written authorisation."),
    }
    for name, sentence in missing.items():
        if not texts[name]:
            raise OpenFileRefused(name, sentence)
    if given.authorised_on > local_date(at):
        raise OpenFileRefused("authorised_on", _("The date of the authorisation must be today or in the past."))
    values = {**texts, "authorised_on": given.authorised_on}
    with transaction.atomic():
        lock_producer(producer.pk)
        last = HostAuthorisation.objects.filter(producer=producer, host=host).order_by("number").last()
        if last and not last.is_withdrawn and all(getattr(last, name) == value for name, value in values.items()):
            return last
        number = last.number + 1 if last else 1
        row = HostAuthorisation.objects.create(
            producer=producer, host=host, number=number, recorded_by=by, recorded_at=at, **values
        )
        record_rows({HostAuthorisation: [row.pk]})
    return row


def _read_host(written: str) -> str:
    written = written.strip()
    try:
        return place_of(written if "://" in written else f"https://{written}")
    except NotAWebAddressError as error:
        raise OpenFileRefused("host", _("Enter a host, such as www.example.gov.uk.")) from error


def withdraw_authorisation(authorisation: HostAuthorisation, *, by: User, at: datetime) -> HostAuthorisation:
    """Withdraw the authorisation of a host. A second click changes nothing.

    If checks of the host are still waiting, their requests are not sent.

    :raises NotYours: if none of the person's roles allows it.
    :raises ChangedMeanwhile: if another authorisation of the host was recorded meanwhile.
    """
    check_may(by, Action.AUTHORISE_HOST, authorisation.producer)
    with transaction.atomic():
        lock_producer(authorisation.producer_id)
        rows = HostAuthorisation.objects.filter(producer=authorisation.producer_id, host=authorisation.host)
        last = rows.order_by("number").last()
        if last and last.is_withdrawn and last.number == authorisation.number + 1:
            return last
        if last is None or last.pk != authorisation.pk or last.is_withdrawn:
            raise ChangedMeanwhile(_("Another person has changed this host. Check it before you try again."))
        row = HostAuthorisation.objects.create(
            producer=last.producer,
            host=last.host,
            number=last.number + 1,
            kind=HostAuthorisation.Kind.WITHDRAWN,
            recorded_by=by,
            recorded_at=at,
        )
        record_rows({HostAuthorisation: [row.pk]})
    return row


def erase_owner_names(*, now: datetime, retention: timedelta, dry_run: bool = False) -> int:
    """Remove owners' names from authorisations that were replaced or withdrawn longer ago than the retention period.

    :param dry_run: whether to count the names without removing them.
    :return: the number of names. A second call removes none.
    """
    erased = 0
    rows = HostAuthorisation.objects.order_by("producer", "host", "-number")
    later: HostAuthorisation | None = None
    for row in list(rows):
        of_same_host = later and (later.producer_id, later.host) == (row.producer_id, row.host)
        replaced_at = later.recorded_at if later and of_same_host else None
        later = row
        if replaced_at is None or replaced_at >= now - retention or not row.owner_name or row.erased_at:
            continue
        erased += 1
        if not dry_run:
            with allow_redaction():
                overwrite(row, owner_name=redaction_marker(now), erased_at=now)
    return erased


# Dummy files and requests


def make_dummy_file(series: Series, *, by: User, at: datetime) -> DummyFile:
    """Create a dummy file, to be put where the files of a series are published.

    A second click returns the first dummy file.

    :raises NotYours: if none of the person's roles allows it.
    """
    check_may(by, Action.CHECK_OPEN_FILES, series.producer)
    with transaction.atomic():
        lock_producer(series.producer_id)
        same = DummyFile.objects.filter(series=series, made_by=by, made_at__gt=at - _SECOND_CLICK, checks__isnull=True)
        if (first := same.order_by("pk").last()) is not None:
            return first
        row = DummyFile.objects.create(
            series=series,
            code="".join(secrets.choice(CODE_CHARACTERS) for _place in range(CODE_LENGTH)),
            token=secrets.token_hex(_TOKEN_BYTES),
            made_by=by,
            made_at=at,
        )
        record_rows({DummyFile: [row.pk]})
    return row


def write_dummy_file(dummy_file: DummyFile, kind: str) -> str:
    """Return the content of a dummy file, which contains its token and no statistics.

    :param kind: "txt" or "csv".
    """
    if kind == "csv":
        return f"about,token\r\nDummy file without statistics,{dummy_file.token}\r\n"
    return f"This is a dummy file. It contains no statistics.\r\n\r\n{dummy_file.token}\r\n"


def request_check(dummy_file: DummyFile, *, file_url: str, page_url: str, by: User, at: datetime) -> OpenFileCheck:
    """Request a check of a dummy file and, if `page_url` is given, of its unpublished page.

    If a check of the same addresses is already waiting, return that check. So a second request, even by another person,
    changes nothing. A request for other addresses is a check of its own.

    :raises NotYours: if none of the person's roles allows it.
    :raises OpenFileRefused: if an address is not accepted, or its host has no authorisation.
    """
    producer = dummy_file.series.producer
    check_may(by, Action.CHECK_OPEN_FILES, producer)
    file_url = _check_file_address(dummy_file, file_url.strip())
    page_url = _check_page_address(dummy_file, page_url.strip(), file_url=file_url) if page_url.strip() else ""
    with transaction.atomic():
        lock_producer(producer.pk)
        same = OpenFileCheck.objects.filter(dummy_file=dummy_file, file_url=file_url, page_url=page_url)
        if (waiting := same.waiting().last()) is not None:
            return waiting
        row = OpenFileCheck.objects.create(
            dummy_file=dummy_file, file_url=file_url, page_url=page_url, requested_by=by, requested_at=at
        )
        record_rows({OpenFileCheck: [row.pk]})
    return row


def _check_file_address(dummy_file: DummyFile, url: str) -> str:
    try:
        fault = find_file_fault(url, code=dummy_file.code, token=dummy_file.token)
    except NotAWebAddressError as error:
        raise OpenFileRefused("file_url", f"{error}.") from error
    sentences = {
        AddressFault.NO_CODE: _(
            "The file name must contain %(code)s. Never enter the address of a real file that is not published."
        )
        % {"code": dummy_file.code},
        AddressFault.HAS_QUERY: _("Enter the address of the file without the part after the question mark."),
        AddressFault.HAS_TOKEN: _("The address must not contain the token of the file. Use the file’s original name."),
    }
    if fault:
        raise OpenFileRefused("file_url", sentences[fault])
    return _check_place(dummy_file, url, field="file_url")


def _check_page_address(dummy_file: DummyFile, url: str, *, file_url: str) -> str:
    try:
        fault = find_page_fault(url, file_name=file_name_of(file_url), token=dummy_file.token)
    except NotAWebAddressError as error:
        raise OpenFileRefused("page_url", f"{error}.") from error
    sentences = {
        AddressFault.NAMES_FILE: _("Enter the address of the page, not of the file."),
        AddressFault.HAS_TOKEN: _("The address must not contain the token of the file. Give the page another address."),
    }
    if fault:
        raise OpenFileRefused("page_url", sentences[fault])
    return _check_place(dummy_file, url, field="page_url")


def _check_place(dummy_file: DummyFile, url: str, *, field: str) -> str:
    producer = dummy_file.series.producer
    if is_address_of_release(url, producer):
        sentence = _("This address belongs to a release in the calendar. Enter the address of the dummy file or page.")
        raise OpenFileRefused(field, sentence)
    host = place_of(url)
    if find_authorisation(producer, host) is None:
        sentence = _("No written authorisation from the owner of %(host)s is recorded. Ask your Head of Profession.")
        raise OpenFileRefused(field, sentence % {"host": host})
    return parse_address(url).url


def is_address_of_release(url: str, producer: Producer) -> bool:
    """Return whether an address belongs to a release of this producer, or to a published release of any producer.

    Unpublished releases of other producers are ignored, because a refusal would show that their addresses exist.
    """
    name = file_name_of(url.rstrip("/"))
    visible = Q(release__series__producer=producer) | Q(release__status=Status.PUBLISHED)
    found = Address.objects.filter(visible, url__icontains=name).values_list("url", flat=True)
    return any(place_if_any(other) and is_same_place(url, other) for other in found.iterator())


# Checks


def has_waiting_checks() -> bool:
    return OpenFileCheck.objects.waiting().exists()


def run_requested_checks(
    *, means: AdhocMeans, now: datetime, quiet: Callable[[datetime], bool] = lambda _now: True
) -> int:
    """Make the waiting checks, one request at a time, and store their results.

    A check remains waiting if another process holds the lease of its host, if a due instant is near, or if this process
    has to stop. The authorisation is read again just before each request.

    :param quiet: called with an aware instant; returns whether no due instant is near.
    :return: the number of addresses with a new result.
    """
    begun, stored = monotonic(), 0
    waiting = OpenFileCheck.objects.waiting().select_related("dummy_file__series__producer")
    for check in list(waiting):
        found = set(check.findings.values_list("target", flat=True))
        for target, url in check.targets:
            at = now + timedelta(seconds=monotonic() - begun)
            if target in found:
                continue
            if means.stop() or not quiet(at):
                return stored
            if (finding := _check_address(check, target, url, means=means, now=at)) is None:
                break
            stored += _store_finding(finding)
    return stored


def _check_address(
    check: OpenFileCheck, target: Target, url: str, *, means: AdhocMeans, now: datetime
) -> OpenFileFinding | None:
    """Check one address and return the result, or return None if its host is busy or this process has to stop."""
    finding = OpenFileFinding(request=check, target=target, url=url, recorded_at=now)
    authorisation = find_authorisation(check.dummy_file.series.producer, place_of(url))
    if authorisation is None:
        finding.result, finding.sign = NOT_AUTHORISED.result, NOT_AUTHORISED.sign
        return finding
    begun = monotonic()
    answer = means.request_address(url, adapter=ADAPTER, now=now)
    if answer is None:
        return None
    token = check.dummy_file.token
    found = _examine(answer, token=token, means=means)
    judged = judge_response(answer, found, target=target, token=token, file_name=file_name_of(check.file_url))
    finding.authorisation = authorisation
    finding.result, finding.sign = judged.result, judged.sign
    finding.status, finding.failure = answer.status, answer.failure or ""
    if answer.hops or answer.failure not in _UNSENT:
        finding.sent_at, finding.completed_at = answer.sent_at, answer.completed_at
    finding.body_sha256 = sha256_hex(answer.body) if judged.sign is Sign.TOKEN else ""
    finding.vantage = answer.vantage[:100]
    finding.recorded_at = max(answer.completed_at, now + timedelta(seconds=monotonic() - begun))
    return finding


def _examine(answer: Answer, *, token: str, means: AdhocMeans) -> Finding | None:
    """Examine a response as a page, and return the finding.

    Return None if the request failed, or if our own code cannot read the response.
    """
    if answer.failure:
        return None
    url = answer.requested_url
    expected = Expectation(role=AddressRole.PAGE, url=url, marker=token, release_title="", series_title="")
    try:
        return means.probe.examine(ADAPTER, answer, expected)
    except Exception:
        # Do not raise the error. If no result were stored, the check would be repeated forever.
        logger.exception("cannot examine the response for a dummy file")
        return None


def _store_finding(finding: OpenFileFinding) -> bool:
    """Store a result, or return False if another process has stored the result meanwhile."""
    producer = finding.request.dummy_file.series.producer_id
    with transaction.atomic():
        lock_producer(producer)
        if OpenFileFinding.objects.filter(request=finding.request_id, target=finding.target).exists():
            return False
        finding.save()
        record_rows({OpenFileFinding: [finding.pk]})
    return True


# Results and remedies


@dataclass(frozen=True, slots=True)
class DummyFileRecord:
    """One dummy file with its checks and remedies, the latest first."""

    dummy_file: DummyFile
    checks: tuple[OpenFileCheck, ...]
    remedies: tuple[OpenFileRemedy, ...]
    state: DummyFileState
    is_waiting: bool

    @property
    def is_task(self) -> bool:
        return self.state in TASKS

    @property
    def last_check(self) -> OpenFileCheck | None:
        return self.checks[0] if self.checks else None


def files_known_to(person: Person) -> QuerySet[DummyFile]:
    """Return the dummy files that a person may know about, the latest first."""
    files = DummyFile.objects.filter(series__producer__in=producers_shown_to(person))
    return files.select_related("series__producer", "made_by")


def with_state_place(files: QuerySet[DummyFile]) -> QuerySet[DummyFile]:
    """Annotate each dummy file with `state_place`, the position of its state in `DummyFileState`.

    This reads all checks of the files, because a state is computed from the checks.
    """
    keys: dict[DummyFileState, list[int]] = defaultdict(list)
    for record in read_records(files):
        keys[record.state].append(record.dummy_file.pk)
    places = [When(pk__in=keys[state], then=Value(place)) for place, state in enumerate(DummyFileState)]
    return files.annotate(state_place=Case(*places, output_field=IntegerField()))


def find_open_places(person: Person) -> list[DummyFileRecord]:
    """Return the dummy files that a person has to deal with or check again because an address was open.

    The oldest dummy file comes first. Auditors may know about the files, but do not have these tasks.
    """
    opened = set(OpenFileFinding.objects.filter(result=Result.OPEN).values_list("request__dummy_file", flat=True))
    if not opened:
        return []
    producers = producers_shown_to(person, action=Action.CHECK_OPEN_FILES)
    files = DummyFile.objects.filter(pk__in=opened, series__producer__in=producers).select_related("series__producer")
    return [record for record in read_records(files.reverse()) if record.is_task]


def read_records(files: Iterable[DummyFile]) -> list[DummyFileRecord]:
    """Read the checks and remedies of dummy files with a fixed number of queries.

    The records are in the same order as the dummy files.
    """
    in_order = list(files)
    keys = [one.pk for one in in_order]
    checks: dict[int, list[OpenFileCheck]] = defaultdict(list)
    asked = OpenFileCheck.objects.filter(dummy_file__in=keys).select_related("requested_by")
    for check in asked.prefetch_related("findings"):
        checks[check.dummy_file_id].append(check)
    remedies: dict[int, list[OpenFileRemedy]] = defaultdict(list)
    for remedy in OpenFileRemedy.objects.filter(dummy_file__in=keys).select_related("recorded_by"):
        remedies[remedy.dummy_file_id].append(remedy)
    return [_make_record(one, checks[one.pk], remedies[one.pk]) for one in in_order]


def _make_record(
    dummy_file: DummyFile, checks: Iterable[OpenFileCheck], remedies: Iterable[OpenFileRemedy]
) -> DummyFileRecord:
    made, done = tuple(checks), tuple(remedies)
    checked = [
        AddressResult(finding.url, Result(finding.result), finding.recorded_at)
        for check in made
        for finding in check.findings.all()
    ]
    return DummyFileRecord(
        dummy_file=dummy_file,
        checks=made,
        remedies=done,
        state=decide_file_state(checked, done[0].recorded_at if done else None),
        is_waiting=any(check.waiting_urls for check in made),
    )


def record_remedy(
    record: DummyFileRecord, measure: OpenFileRemedy.Measure, *, by: User, at: datetime
) -> OpenFileRemedy | None:
    """Record that a person has dealt with the open addresses of a dummy file.

    :return: the new row, or None if the addresses are already dealt with. So a second click changes nothing.
    :raises NotYours: if none of the person's roles allows it.
    :raises NothingToDo: if no address was open.
    """
    producer = record.dummy_file.series.producer
    check_may(by, Action.CHECK_OPEN_FILES, producer)
    with transaction.atomic():
        lock_producer(producer.pk)
        (present,) = read_records([record.dummy_file])
        if present.state is not DummyFileState.OPEN:
            if present.remedies:
                return None
            raise NothingToDo(_("No check has found this dummy file open, so you do not need to record what was done."))
        row = OpenFileRemedy.objects.create(
            dummy_file=present.dummy_file, measure=measure, recorded_by=by, recorded_at=at
        )
        record_rows({OpenFileRemedy: [row.pk]})
    return row


def checks_found_open(*, since: datetime) -> QuerySet[OpenFileCheck]:
    """Return the checks that have found an open address since an aware instant, oldest first."""
    found = OpenFileFinding.objects.filter(result=Result.OPEN, recorded_at__gt=since)
    checks = OpenFileCheck.objects.filter(pk__in=found.values("request"))
    return checks.select_related("dummy_file__series__producer", "requested_by").order_by("requested_at", "pk")
