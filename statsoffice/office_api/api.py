"""The API for the office's own systems, version 1, and its OpenAPI document.

The token alone decides what a request may do. Cookies and sessions play no part.
"""

import io
import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial, wraps
from typing import Annotated, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import Field, Header, NinjaAPI, Path, Query, Schema
from ninja import Status as ResponseStatus
from ninja.errors import AuthenticationError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer
from pydantic import BeforeValidator, ConfigDict

from breaches import permissions as breach_permissions
from breaches import register, versions
from breaches.models import Report, ReportQuerySet
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.rules.report_number import parse_number
from releases import check_history, overview
from releases.check_history import AddressRecord
from releases.early_findings import mask_before_publication
from releases.evidence.export import export_evidence, export_file_name
from releases.models import BodyUnavailable, Release, Series
from releases.models.event import add_facts
from releases.models.release import ReleaseQuerySet
from releases.public import calendar
from releases.public.api import (
    AFTER,
    Day,
    ListAnswer,
    ListQuery,
    NoSuchParameter,
    Place,
    PlainRenderer,
    Problem,
    ReleaseAnswer,
    SeriesAnswer,
    Slug,
    SlugFilter,
    WithoutEmpty,
    answer_404,
    answer_invalid,
    check_known_parameters,
    list_page,
    nothing_here,
    place_in_list,
    problem_response,
    release_answer,
    select_after,
    series_answer,
)
from releases.public.calendar import CalendarQuery, filter_releases
from releases.rules.calendar import Precision, Slot
from releases.rules.departure import Grounds
from releases.rules.lifecycle import TO_COME, Role, Status
from releases.rules.public_calendar import AnnouncedRelease, PublicStatus
from releases.verdict.address import Outcome
from statsoffice.middleware import WINDOW_SECONDS, count_request
from statsoffice.office_api import changes
from statsoffice.office_api.models import ApiToken, Scope
from statsoffice.office_api.tokens import TokenState, Use, count_use, find_token, find_token_state

PATH = "/api/office/v1/"
MOST_REQUESTS = 120
"""The number of requests in a minute that each web process accepts with one token. Networks have a separate limit."""
UNKNOWN_SENDER = (
    "Send your token in the header “Authorization: Bearer”. If you did, check that it is complete. "
    "A Head of Profession creates tokens."
)
STOPPED = {
    TokenState.REVOKED: "This token was revoked. Ask a Head of Profession for a new one.",
    TokenState.EXPIRED: "This token has expired. Ask a Head of Profession for a new one.",
    TokenState.NOT_RESPONSIBLE: (
        "The person who created this token is no longer Head of Profession. Ask a Head of Profession for a new one."
    ),
}
READ_ERRORS = {
    400: "A parameter or a field has an invalid value, or its name is unknown.",
    401: "The token is missing, is unknown, or no longer works.",
    403: "The token does not have the required scope. The error message names the scope.",
    404: "Nothing with this name exists, or the token has no access to it.",
    429: "There were too many requests. Wait for the number of seconds in the Retry-After header.",
}

EVIDENCE_ERRORS = {**READ_ERRORS, 503: "A stored page cannot be read at the moment. Try again later."}
DOCUMENT_ERRORS = {**READ_ERRORS, 409: "The stored document was changed after its approval."}
CHANGE_ERRORS = {
    **READ_ERRORS,
    409: "The change was refused. The error message says why. Nothing was changed.",
    422: "The Idempotency-Key was sent before, with another request.",
}


class OfficeRequest(HttpRequest):
    """A request with the token that was accepted for it."""

    auth: ApiToken


class TokenStopped(Exception):
    """The token exists, but it no longer works."""


class ScopeMissing(Exception):
    """The token does not have the scope that an operation needs."""


class TooManyRequests(Exception):
    """The token was used too often in this minute."""


class BearerToken(HttpBearer):
    """Accept requests with a token that has a scope, or with any token if the scope is None. Count each use."""

    def __init__(self, scope: Scope | None, use: Use) -> None:
        super().__init__()
        self.scope, self.use = scope, use

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token of a request, or None if the token is not known.

        :raises TooManyRequests: if the token was used too often. The use is not counted in the database, so that a
            flood of requests causes no writes.
        :raises TokenStopped: if the token no longer works.
        :raises ScopeMissing: if the token does not have the scope.
        """
        now = timezone.now()
        found = find_token(token)
        if found is None:
            return None
        if count_request(f"token:{found.pk}", now=now.timestamp()) > MOST_REQUESTS:
            raise TooManyRequests
        state = find_token_state(found, at=now)
        if state is not TokenState.WORKS:
            count_use(found, Use.REFUSED, at=now)
            raise TokenStopped(STOPPED[state])
        if self.scope and not found.has(self.scope):
            count_use(found, Use.REFUSED, at=now)
            raise ScopeMissing(f"This token does not have the scope “{self.scope}”, which is needed here.")
        count_use(found, self.use, at=now)
        return found


class OfficeAPI(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix or PATH, path_params=path_params)
        document["servers"] = [{"url": str(settings.ADDRESS)}]
        # All operations are documented with one security scheme, although they need different scopes.
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["security"] = [{"token": []}]
                for parameter in operation["parameters"]:
                    if parameter["schema"].get("default") == "":  # the pattern of the parameter refuses this default
                        parameter["allowEmptyValue"] = True
                        parameter["schema"].pop("default")
        return document


api = OfficeAPI(
    title="API for the office’s own systems",
    version="1",
    description=(
        "The office’s own systems use this API to read and change the calendar of one producer, and to read results, "
        "evidence and breach reports. Each request needs a token."
    ),
    docs_url=None,
    urls_namespace="office_api",
    renderer=PlainRenderer(),
)


def _answer_unauthorised(sentence: str) -> HttpResponse:
    response = problem_response(sentence, status=401)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _refuse_flood(_request: HttpRequest, _why: Any) -> HttpResponse:
    seconds = max(1, math.ceil(WINDOW_SECONDS - timezone.now().timestamp() % WINDOW_SECONDS))
    response = problem_response(f"This token was used too often. Try again in {seconds} seconds.", status=429)
    response["Retry-After"] = str(seconds)
    return response


BODY_RULES = {
    "Idempotency-Key": "8 to 100 letters, digits or signs, without spaces",
    "reference": "made of letters, digits, hyphens and underscores",
    "title": "1 to 300 characters on one line",
    "welsh_title": "at most 300 characters on one line",
    "reason": "at most 5000 characters",
    "osr_reference": "at most 100 characters on one line",
    "osr_agreed_on": "a valid date, such as 2026-06-30",
    "bank_holiday_reason": "at most 5000 characters",
    "version": "a whole number",
    "precision": f"one of {', '.join(Precision)}",
    "day": "a valid date, such as 2026-06-30",
    "time": "a valid time in London, such as 09:30",
    "date": "an object with day and, if you like, time and precision",
}


def _explain_invalid(request: HttpRequest, why: Any) -> HttpResponse:
    """Return an error that names the missing, unknown or invalid field of a body.

    Operations that only read have no body. The errors of their parameters are as in the public API.
    """
    if request.method != "POST":
        return answer_invalid(request, why)
    errors = why.errors if isinstance(why, ValidationError) else []
    names = [part for error in errors[:1] for part in error["loc"] if isinstance(part, str)]
    name, kind = (names[-1], errors[0]["type"]) if names else ("", "")
    if kind == "extra_forbidden":
        sentence = f"There is no field “{name[:50]}” here."
    elif kind == "missing" and name in {*BODY_RULES, "series", "to"}:
        sentence = f"“{name}” is missing."
    elif name in BODY_RULES:
        sentence = f"“{name}” must be {BODY_RULES[name]}."
    else:
        sentence = "The body must be a JSON object as documented."
    return problem_response(sentence, status=400)


api.add_exception_handler(AuthenticationError, lambda _request, _why: _answer_unauthorised(UNKNOWN_SENDER))
api.add_exception_handler(TokenStopped, lambda _request, why: _answer_unauthorised(str(why)))
api.add_exception_handler(ScopeMissing, lambda _request, why: problem_response(str(why), status=403))
api.add_exception_handler(TooManyRequests, _refuse_flood)
api.add_exception_handler(NoSuchParameter, lambda _request, why: problem_response(str(why), status=400))
api.add_exception_handler(BodyUnavailable, lambda _request, _why: problem_response(EVIDENCE_ERRORS[503], status=503))
api.add_exception_handler(Http404, answer_404)
api.add_exception_handler(ValidationError, _explain_invalid)
api.add_exception_handler(changes.KeyUsed, lambda _request, why: problem_response(str(why), status=422))

type Operation = Callable[..., Any]

SCOPES: dict[str, Scope | None] = {}
"""The scope that each operation needs, keyed by `operation_id`. None means that any token may use the operation."""


def read(path: str, answer: type[Schema], name: str, scope: Scope | None) -> Callable[[Operation], Operation]:
    """Register a GET operation that needs a scope. If the scope is None, any token may use the operation."""
    SCOPES[name] = scope
    known: dict[str, Any] = {"response": {200: answer, **dict.fromkeys(READ_ERRORS, Problem)}}

    def at_path(operation: Operation) -> Operation:
        auth = BearerToken(scope, Use.READ)
        api.get(path, operation_id=name, url_name=name, auth=auth, **known)(operation)
        return api.api_operation(["HEAD"], path, include_in_schema=False, auth=auth, **known)(operation)

    return at_path


def download(
    path: str, media_type: str, name: str, scope: Scope, *, errors: Mapping[int, str]
) -> Callable[[Operation], Operation]:
    """Register an operation that returns a file. It does not support HEAD, because each download is recorded."""
    SCOPES[name] = scope
    file = {"description": "OK", "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}
    return api.get(
        path,
        operation_id=name,
        url_name=name,
        auth=BearerToken(scope, Use.READ),
        response=dict.fromkeys(errors, Problem),
        openapi_extra={"responses": {200: file}},
    )


def change(path: str, status: int, name: str, *, address: str = "") -> Callable[[Operation], Operation]:
    """Register an operation that changes the calendar.

    :param status: the HTTP status of the answer if the change is made. The status 202, for a change that is only
        requested, is documented for every operation.
    :param address: the URL name of the path. If an operation that reads has the same path, this must be the name of
        that operation. The default is `name`.
    """
    SCOPES[name] = Scope.CHANGE_CALENDAR
    known = {status: ChangeAnswer, 202: ChangeAnswer, **dict.fromkeys(CHANGE_ERRORS, Problem)}
    auth = BearerToken(Scope.CHANGE_CALENDAR, Use.WRITE)
    return api.post(path, operation_id=name, url_name=address or name, auth=auth, response=known)


class TokenAnswer(Schema):
    """The token that you sent with the request."""

    code: str = Field(description="The part of the token that identifies it. It is not secret.")
    producer: str = Field(description="The slug of the producer that the token is for.")
    purpose: str
    scopes: list[Scope] = Field(description="What the token may do.")
    last_day: date = Field(description="The last day on which the token works, in London.")


@read("/token", TokenAnswer, "token", None)
def token(request: OfficeRequest) -> dict[str, Any]:
    """Read the scopes and the last day of the token that you send."""
    check_known_parameters(request, Schema)
    own = request.auth
    return {
        "code": own.code,
        "producer": own.producer.slug,
        "purpose": own.purpose,
        "scopes": own.scopes,
        "last_day": own.last_day,
    }


# The calendar


class OfficeReleaseAnswer(ReleaseAnswer):
    """A release of the producer.

    Until the release is announced, `announced_at`, `changed_at`, `url`, `calendar_url` and `statistics_url` are null.
    """

    # Unlike in the public API, these fields may be null here. The types differ from those of `ReleaseAnswer`, but none
    # of our code uses an `OfficeReleaseAnswer` as a `ReleaseAnswer`.
    announced_at: datetime | None = Field(  # type: ignore[assignment]
        description="The time at which the release was announced; null if it is not announced yet."
    )
    changed_at: datetime | None = Field(  # type: ignore[assignment]
        description=(
            "The time of the last announced change, as in the public API; null if the release is not announced yet."
        )
    )
    url: str | None = Field(  # type: ignore[assignment]
        description="The web address of the release in the public calendar; null if the release is not announced yet."
    )
    calendar_url: str | None = Field(  # type: ignore[assignment]
        description="The web address of the release as an iCalendar file; null if the release is not announced yet."
    )
    version: int = Field(description="The version number of the date. Each change of the date increases it by 1.")


class OfficeReleasesAnswer(ListAnswer):
    """One page of the list of the producer's releases. The list is sorted by date."""

    releases: list[OfficeReleaseAnswer]


class OfficeSeriesAnswer(ListAnswer):
    """One page of the list of the producer's series. The list is sorted by slug."""

    series: list[SeriesAnswer]


class OfficeReleasesQuery(ListQuery):
    """The parameters of the lists of releases and of results. All filters are optional."""

    after: Place = Field("", description=AFTER)
    series: SlugFilter = Field("", description="The slug of a series.")
    status: Annotated[list[PublicStatus], WithoutEmpty] = Field(
        [], description="The status in the calendar. Repeat the parameter to select several statuses."
    )
    since: Day = Field(None, alias="from", description="Releases on or after this day.")
    until: Day = Field(None, alias="to", description="Releases on or before this day.")


def _releases_of(own: ApiToken) -> ReleaseQuerySet:
    """Return the releases of a token's producer, except rehearsals and trainings. No token gives access to these."""
    return Release.objects.official().without_trainings().filter(series__producer=own.producer_id)


def known_releases(own: ApiToken) -> ReleaseQuerySet:
    """Return the releases that a token may read. Without READ_UNANNOUNCED, these are only the announced releases."""
    found = _releases_of(own)
    return found if own.has(Scope.READ_UNANNOUNCED) else found.public()


def _filter_known(own: ApiToken, query: OfficeReleasesQuery) -> QuerySet[Release]:
    asked = CalendarQuery(series=query.series, statuses=frozenset(query.status), since=query.since, until=query.until)
    found = filter_releases(asked, among=known_releases(own))
    return select_after(found, query.after)[: query.per_page + 1]


def _find_known(own: ApiToken, reference: str) -> Release:
    found = known_releases(own).select_related("series__producer").filter(reference=reference).first()
    if found is None:
        raise Http404(f"There is no release “{reference}”, or this token has no access to it.")
    return found


def release_answers(releases: Sequence[Release]) -> list[dict[str, Any]]:
    """Return the answer for each release, in the same order.

    Announced releases are described as in the public API. The answer for any other release has its planned date, and
    None in the fields that only an announced release has.
    """
    keys = [release.pk for release in releases]
    by_key = {release.public_id: release for release in releases}
    rows = Release.objects.filter(pk__in=keys)
    facts = [
        *calendar.announced_facts(rows.filter(announced_at__isnull=False), pages_at=timezone.now()),
        # Without `pages_at`, the facts do not include the address of the page. The public calendar has no unannounced
        # releases, so readers cannot find this address there either.
        *calendar.announced_facts(rows.filter(announced_at__isnull=True)),
    ]
    found = {one.public_id: _describe(one, by_key[one.public_id]) for one in facts}
    return [found[release.public_id] for release in releases]


def _describe(facts: AnnouncedRelease, release: Release) -> dict[str, Any]:
    if release.announced_at:
        return {**release_answer(facts), "version": release.schedule_version}
    unannounced = dict.fromkeys(("announced_at", "changed_at", "url", "calendar_url"))
    planned = replace(facts, announced_at=release.recorded_at)  # a placeholder, which `unannounced` overwrites
    return {**release_answer(planned), **unannounced, "version": release.schedule_version}


@read("/releases", OfficeReleasesAnswer, "releases", Scope.READ_CALENDAR)
def releases(request: OfficeRequest, query: Query[OfficeReleasesQuery]) -> dict[str, Any]:
    """List releases of the producer."""
    check_known_parameters(request, OfficeReleasesQuery)
    shown, next_url = list_page(_filter_known(request.auth, query), of=place_in_list, query=query, request=request)
    return {"next_url": next_url, "releases": release_answers(shown)}


@read("/releases/{slug:reference}", OfficeReleaseAnswer, "release", Scope.READ_CALENDAR)
def release(request: OfficeRequest, reference: Path[Slug]) -> dict[str, Any]:
    """Read one release."""
    check_known_parameters(request, Schema)
    (found,) = release_answers([_find_known(request.auth, reference)])
    return found


class OfficeSeriesQuery(ListQuery):
    """The parameters of the list of series."""

    after: SlugFilter = Field("", description=AFTER)


@read("/series", OfficeSeriesAnswer, "series", Scope.READ_CALENDAR)
def series(request: OfficeRequest, query: Query[OfficeSeriesQuery]) -> dict[str, Any]:
    """List the series of the producer.

    Series without announced releases are listed only if the token has the scope `read_unannounced` or
    `change_calendar`.
    """
    check_known_parameters(request, OfficeSeriesQuery)
    own = request.auth
    knows_all = own.has(Scope.READ_UNANNOUNCED) or own.has(Scope.CHANGE_CALENDAR)
    found = Series.objects.select_related("producer") if knows_all else calendar.public_series()
    found = found.filter(producer=own.producer_id, slug__gt=query.after).order_by("slug")[: query.per_page + 1]
    shown, next_url = list_page(found, of=lambda one: one.slug, query=query, request=request)
    return {"next_url": next_url, "series": [series_answer(one) for one in shown]}


# Results and checks. Until a release is published, no token can read the results of checks made before its due time.
# The answers about all upcoming releases omit these results. If only the answers about early releases omitted them, a
# program could notice that the results disappear, and conclude that the release is early.


class ResultAnswer(Schema):
    """The result of a release for its present date. Times are in UTC."""

    reference: str
    status: Status
    due_at: datetime | None
    outcome: Outcome = Field(description="“pending” means that there is no result yet.")
    last_not_live_at: datetime | None = Field(
        description="When we sent the last check that did not find the release live, before `first_live_at`."
    )
    first_live_at: datetime | None = Field(
        description="When the response to the first check that found the release live was complete."
    )
    delay_seconds: tuple[float, float | None] | None = Field(
        description=(
            "The shortest and the longest possible delay, in seconds after the due time. A time before the due time is "
            "negative. The longest delay is null until a check finds the release live."
        )
    )
    reasons: list[str]
    published_at: datetime | None
    published_at_by_publisher: datetime | None = Field(
        description="The publication time that the publisher’s own system states. Our checks did not observe it."
    )
    publisher_source: str | None
    diagnoses: list[str] = Field(description="Possible explanations of a late release.")


class ResultsAnswer(ListAnswer):
    """One page of the list of results. The list is sorted by the date of the release."""

    results: list[ResultAnswer]


@read("/results", ResultsAnswer, "results", Scope.READ_RESULTS)
def results(request: OfficeRequest, query: Query[OfficeReleasesQuery]) -> dict[str, Any]:
    """List the results of the producer's releases, sorted by the date of the release."""
    check_known_parameters(request, OfficeReleasesQuery)
    shown, next_url = list_page(_filter_known(request.auth, query), of=place_in_list, query=query, request=request)
    return {"next_url": next_url, "results": overview.read_statuses(shown, mask=mask_before_publication)}


@read("/releases/{slug:reference}/result", ResultAnswer, "result", Scope.READ_RESULTS)
def result(request: OfficeRequest, reference: Path[Slug]) -> dict[str, Any]:
    """Read the result of one release."""
    check_known_parameters(request, Schema)
    (found,) = overview.read_statuses([_find_known(request.auth, reference)], mask=mask_before_publication)
    return found


class CheckRunAnswer(Schema):
    """Consecutive checks with the same result."""

    result: str
    reasons: list[str]
    first_at: datetime = Field(description="When the first of these checks was sent.")
    last_at: datetime = Field(description="When the last of these checks was sent.")
    checks: int = Field(description="The number of these checks.")


class CheckedAddressAnswer(Schema):
    """The checks of one web page or file."""

    role: str
    required: bool
    url: str | None = Field(description="The web address; null until the release is published or cancelled.")
    checks: int
    runs: list[CheckRunAnswer]


class GapAnswer(Schema):
    """A period in which no check was made."""

    begins_at: datetime
    ends_at: datetime


class ChecksAnswer(Schema):
    """The checks of a release for its present date.

    Checks from before the due time are left out until the release is published or cancelled.
    """

    reference: str
    due_at: datetime | None
    addresses: list[CheckedAddressAnswer]
    gaps: list[GapAnswer]


@read("/releases/{slug:reference}/checks", ChecksAnswer, "checks", Scope.READ_EVIDENCE)
def checks(request: OfficeRequest, reference: Path[Slug]) -> dict[str, Any]:
    """Read the checks of one release.

    Consecutive checks with the same result are grouped into one run.
    """
    check_known_parameters(request, Schema)
    found = _find_known(request.auth, reference)
    record = check_history.release_record_of(found, by=AnonymousUser(), now=timezone.now())
    is_to_come = found.status in TO_COME
    return {
        "reference": found.reference,
        "due_at": found.due_at,
        "addresses": [_checked_address(one, found.due_at, is_to_come=is_to_come) for one in record.addresses],
        "gaps": [{"begins_at": begins_at, "ends_at": ends_at} for begins_at, ends_at in record.holes],
    }


def _checked_address(one: AddressRecord, due_at: datetime | None, *, is_to_come: bool) -> dict[str, Any]:
    runs = [run for run in one.runs if not is_to_come or (due_at and run.first_at >= due_at)]
    return {
        "role": one.address.role,
        "required": one.address.required,
        # The address itself could lead to statistics before they are published.
        "url": None if is_to_come else one.address.url,
        "checks": sum(run.checks for run in runs),
        "runs": [
            {
                "result": run.result,
                "reasons": list(run.reasons),
                "first_at": run.first_at,
                "last_at": run.last_at,
                "checks": run.checks,
            }
            for run in runs
        ],
    }


@download(
    "/releases/{slug:reference}/evidence", "application/zip", "evidence", Scope.EXPORT_EVIDENCE, errors=EVIDENCE_ERRORS
)
def evidence(request: OfficeRequest, reference: Path[Slug]) -> FileResponse:
    """Download the evidence of a published release as a ZIP file. The download is recorded."""
    check_known_parameters(request, Schema)
    own = request.auth
    found = _find_known(own, reference)
    if found.status != Status.PUBLISHED:
        raise Http404("The evidence of this release is sealed until it is published.")
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    with add_facts(api_token=own.code):
        export_evidence(found, file, by=own.issued_by, at=timezone.now())
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=export_file_name(found), content_type="application/zip")


# Breach reports


class ReportAnswer(Schema):
    """The main facts of a breach report."""

    number: str
    reference: str
    release: str | None = Field(
        description="The reference of the release that the report is about; null if there is none."
    )
    kind: ReportKind = Field(description="The kind of breach. If the report has several kinds, it is their first.")
    kinds: list[ReportKind] = Field(
        min_length=1,
        description="All kinds of breach of the report, `kind` first. A combined report can have several.",
    )
    status: ReportStatus = Field(
        description=(
            "While a report that was sent is being corrected, this is the state of the correction, for example "
            "`draft`. No field shows that it was sent."
        )
    )
    practices: list[str] = Field(
        description="The codes of the practices of the Code of Practice that the report names."
    )
    occurred_at: datetime | None
    delay_seconds: tuple[float, float | None] | None


class ReportsAnswer(ListAnswer):
    """One page of the list of the producer's breach reports, in the order in which they were drafted."""

    reports: list[ReportAnswer]


class ReportsQuery(ListQuery):
    """The parameters of the list of breach reports."""

    after: Annotated[str, Field(pattern="^[0-9]{0,18}$")] = Field("", description=AFTER)


def _readable_reports(own: ApiToken) -> ReportQuerySet:
    """Return the reports that a token may read.

    Without READ_UNANNOUNCED, reports about releases or series outside the public calendar are left out.
    """
    return breach_permissions.open_reports_of(own.producer, with_unannounced=own.has(Scope.READ_UNANNOUNCED))


@read("/reports", ReportsAnswer, "reports", Scope.READ_REPORTS)
def reports(request: OfficeRequest, query: Query[ReportsQuery]) -> dict[str, Any]:
    """List the breach reports of the producer, including drafts.

    Restricted reports, reports about an early release that is not published yet, and reports about rehearsals and
    training sessions are left out. Reports about releases that are not announced, or about a series without announced
    releases, are listed only if the token has the scope `read_unannounced`.
    """
    check_known_parameters(request, ReportsQuery)
    found = _readable_reports(request.auth)
    found = found.filter(pk__gt=int(query.after or 0)).order_by("pk")[: query.per_page + 1]
    shown, next_url = list_page(found, of=lambda one: str(one.pk), query=query, request=request)
    entries = register.describe_reports(Report.objects.filter(pk__in=[one.pk for one in shown]).order_by("pk"))
    return {"next_url": next_url, "reports": [{**one, "release": one["release"] or None} for one in entries]}


@download(
    "/reports/{slug:reference}/document",
    "application/pdf",
    "report_document",
    Scope.READ_DOCUMENTS,
    errors=DOCUMENT_ERRORS,
)
def report_document(request: OfficeRequest, reference: Path[Slug]) -> HttpResponseBase:
    """Download the last approved document of a breach report as a PDF file. The download is recorded.

    In the path, use the `reference` of the report or its `number`. A report about a release that is not announced needs
    the scope `read_unannounced` as well.
    """
    check_known_parameters(request, Schema)
    own = request.auth
    readable, number = _readable_reports(own), parse_number(reference)
    found = readable.filter(reference=reference).first() or (readable.numbered(number).first() if number else None)
    document = found.approved_documents.order_by("version").last() if found else None
    if found is None or document is None:
        raise Http404(f"There is no report “{reference}” with an approved document, or this token has no access to it.")
    try:
        content = versions.document_bytes(document)
    except versions.DocumentChanged:
        return problem_response(f"{DOCUMENT_ERRORS[409]} Ask an administrator.", status=409)
    versions.record_report_event(
        found,
        "downloaded",
        at=timezone.now(),
        by=own.issued_by,
        role=Role.HEAD_OF_PROFESSION,
        version=document.version,
        pdf_sha256=document.pdf_sha256,
        api_token=own.code,
    )
    name = versions.name_document_file(document)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type="application/pdf")


# Changes to the calendar. They use the same functions as the pages (see statsoffice/office_api/changes.py).


class ChangeAnswer(Schema):
    """The outcome of a change, and the release."""

    outcome: changes.ChangeOutcome = Field(
        description="“requested” means that nothing has changed yet. A Head of Profession or deputy decides."
    )
    release: OfficeReleaseAnswer = Field(
        description="The release after the change. It is unchanged if the change is only requested."
    )
    warnings: list[str] = Field(
        [],
        description=(
            "English sentences that say why the new date is probably a mistake: it is years later, or it is before the "
            "previous or after the next edition of the series. The change is made or requested all the same. Show the "
            "warnings to a person. Without the scope `read_unannounced`, they do not name unannounced editions."
        ),
    )


class Body(Schema):
    """The body of a change. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


ONE_LINE = r"^[^\x00-\x1f]*$"
OneLine = Field(max_length=300, pattern=ONE_LINE)
# One line with at least one character that is not white space.
Title = Field(max_length=300, pattern=r"^[^\x00-\x1f]*[^\s\x00-\x1f][^\x00-\x1f]*$")
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{8,100}$",
        description=(
            "A new random text for each change, such as a UUID. If you repeat a request with the same key, the change "
            "is made only once, and you get the first answer again."
        ),
    ),
]
Version = Annotated[
    int | None,
    Field(
        description="The `version` of the release that you read. If the date has changed since, we refuse the change."
    ),
]
Reason = Annotated[str, Field(max_length=5000, pattern=r"^[^\x00]*$")]


def _written_as(pattern: str) -> BeforeValidator:
    """Return a validator that accepts only strings that match a pattern.

    Without this validator, pydantic would also accept numbers and convert them to dates and times.
    """

    def check(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError("not as documented")
        return value

    return BeforeValidator(check)


IsoDay = Annotated[date, _written_as(r"\d{4}-\d{2}-\d{2}")]
ClockTime = Annotated[time, _written_as(r"\d{2}:\d{2}")]


class DateBody(Body):
    """The date of a release, in London time."""

    precision: Precision = Precision.EXACT
    day: IsoDay = Field(
        description="The day. For a month, enter any of its days. For two months, enter any day of the first month."
    )
    at: ClockTime | None = Field(
        None,
        alias="time",
        description=(
            "The time of day of the release. It is used only with an exact date. If you leave it out, the release "
            "keeps its time, or gets the usual time of its series if it has no time yet."
        ),
    )

    def slot(self, *, usual: time) -> Slot:
        at = (self.at or usual) if self.precision is Precision.EXACT else None
        return Slot(on=self.day, at=at, precision=self.precision)


class PlanBody(Body):
    """A release to plan."""

    series: Slug = Field(description="The slug of a series of the producer.")
    reference: Slug = Field(
        description="The short name of the release that is used in web addresses. No other release may have it."
    )
    title: Annotated[str, Title]
    welsh_title: Annotated[str, OneLine] = ""
    planned: DateBody = Field(alias="date")


class DateChangeBody(Body):
    """Another date for a release.

    `osr_reference`, `osr_agreed_on` and `bank_holiday_reason` are only accepted for a confirmed release.
    """

    to: DateBody
    reason: Reason = Field(
        "",
        description=(
            "The reason for the change. For a confirmed release, it is required, and it is published when a person "
            "agrees to the change. For a provisional release, it is not published."
        ),
    )
    version: Version = None
    osr_reference: Annotated[str, Field(max_length=100, pattern=ONE_LINE)] = Field(
        "", description="The reference of OSR’s written agreement to another time or day."
    )
    osr_agreed_on: IsoDay | None = Field(None, description="The date of OSR’s written agreement.")
    bank_holiday_reason: Reason = Field("", description="The public reason for a release on a bank holiday.")


class CancelBody(Body):
    """The reason for a cancellation."""

    reason: Reason = Field(description="The public reason for the cancellation.")
    version: Version = None


def _find_to_change(own: ApiToken, reference: str) -> Release:
    """Return a release that a token may change, announced or not."""
    found = _releases_of(own).select_related("series__producer").filter(reference=reference).first()
    if found is None:
        raise Http404(f"There is no release “{reference}” that this token may change.")
    return found


def _answer_change(
    request: OfficeRequest, key: str, body: Body, act: Callable[[datetime], changes.Change]
) -> ResponseStatus[dict[str, Any]]:
    now = timezone.now()
    status, answer = changes.answer_once(
        request.auth,
        key=key,
        request=[request.method, request.path, body.model_dump(mode="json")],
        act=lambda: act(now),
        describe=lambda done: {
            "outcome": done.outcome,
            "release": release_answers([done.release])[0],
            "warnings": done.warnings,
        },
        at=now,
    )
    return ResponseStatus(status, answer)


@change("/releases", 201, "plan_release", address="releases")
def plan_release(request: OfficeRequest, body: PlanBody, key: Key) -> ResponseStatus[dict[str, Any]]:
    """Plan a release. It is recorded as provisional. Only people can announce and confirm it."""
    check_known_parameters(request, Schema)
    own = request.auth
    found = Series.objects.select_related("producer").filter(producer=own.producer_id, slug=body.series).first()
    if found is None:
        raise Http404(f"There is no series “{body.series}” of this producer.")
    slot = body.planned.slot(usual=found.release_time)

    def act(now: datetime) -> changes.Change:
        texts = {"reference": body.reference, "title": body.title.strip(), "welsh_title": body.welsh_title.strip()}
        return changes.plan_release(own, found, **texts, slot=slot, at=now)

    return _answer_change(request, key, body, act)


@change("/releases/{slug:reference}/date", 200, "change_date")
def change_date(
    request: OfficeRequest, reference: Path[Slug], body: DateChangeBody, key: Key
) -> ResponseStatus[dict[str, Any]]:
    """Change the date of a provisional release, or request another date for a confirmed release.

    The date of a confirmed release changes only when a Head of Profession or deputy agrees.
    """
    check_known_parameters(request, Schema)
    found = _find_to_change(request.auth, reference)
    grounds = Grounds(body.osr_reference, body.osr_agreed_on, body.bank_holiday_reason)

    def act(now: datetime) -> changes.Change:
        return changes.change_date(
            request.auth,
            found,
            slot_after=lambda stored: body.to.slot(usual=stored.planned_at or stored.series.release_time),
            reason=body.reason,
            version=body.version,
            grounds=grounds,
            known=known_releases(request.auth),
            at=now,
        )

    return _answer_change(request, key, body, act)


@change("/releases/{slug:reference}/cancellation", 200, "cancel_release")
def cancel_release(
    request: OfficeRequest, reference: Path[Slug], body: CancelBody, key: Key
) -> ResponseStatus[dict[str, Any]]:
    """Cancel a release, with a public reason.

    From 24 hours before a confirmed release is due, only a person can cancel it.
    """
    check_known_parameters(request, Schema)
    found = _find_to_change(request.auth, reference)

    def act(now: datetime) -> changes.Change:
        return changes.cancel_release(request.auth, found, reason=body.reason, version=body.version, at=now)

    return _answer_change(request, key, body, act)


def protect(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Add a header that forbids caching, and return an error message if the method is not supported.

    The views need no CSRF protection, because browsers do not send API tokens by themselves.
    """

    @wraps(view)
    def answer(request: HttpRequest, *which: Any, **named: Any) -> HttpResponse:
        response = view(request, *which, **named)
        if response.status_code == 405:
            allowed = response.get("Allow", "")
            response = problem_response(f"Use {allowed} at this address, not {request.method}.", status=405)
            response["Allow"] = allowed
        response["Cache-Control"] = "private, no-store"
        return response

    return csrf_exempt(answer)


def urls() -> tuple[list[URLPattern], str, str]:
    patterns, app, namespace = api.urls
    # The root page of django-ninja is left out, because it needs scripts from another site.
    found = [one for one in patterns if isinstance(one, URLPattern) and one.name != "api-root"]
    for pattern in found:
        # The view of the OpenAPI document answers every method, so its methods are limited here. The other views
        # refuse wrong methods themselves.
        is_document = pattern.name == "openapi-json"
        pattern.callback = protect(require_safe(pattern.callback) if is_document else pattern.callback)
    nothing = partial(nothing_here, described_at=f"{PATH}openapi.json")
    return [*found, re_path(r"^[\s\S]*$", protect(nothing))], app, namespace
