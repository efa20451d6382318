"""The operations of the API for an office's own systems, and the shapes of what they take and return.

`generate.py` writes this file from the OpenAPI document. Days and times are texts as in JSON: "2026-06-30", "09:30"
(London), and instants in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NotRequired, TypedDict

from statsoffice_client.transport import Transport, quote_part

type Scope = Literal[
    "read_calendar",
    "read_unannounced",
    "read_results",
    "read_evidence",
    "export_evidence",
    "read_reports",
    "read_documents",
    "change_calendar",
]


class TokenAnswer(TypedDict):
    """The token that you sent with the request."""

    code: str
    producer: str
    purpose: str
    scopes: list[Scope]
    last_day: str


type PublicStatus = Literal["provisional", "confirmed", "postponed", "published", "cancelled"]


class DateAnswer(TypedDict):
    """The date of a release. It can be an exact date, a month or a period of two months."""

    text: str
    precision: Precision
    first_day: str
    last_day: str
    time: str | None
    zone: str


type Designation = Literal["accredited", "official", "in_development"]


class LanguagesAnswer(TypedDict):
    """A title or a name in English and in Welsh."""

    en: str
    cy: str | None


class NamedAnswer(TypedDict):
    """The names of a producer or of a series."""

    slug: str
    name: str
    names: LanguagesAnswer


class OfficeReleaseAnswer(TypedDict):
    """A release of the producer.

    Until the release is announced, `announced_at`, `changed_at`, `url`, `calendar_url` and `statistics_url` are
    null.
    """

    id: str
    reference: str
    title: str
    titles: LanguagesAnswer
    status: PublicStatus
    date: DateAnswer
    due_at: str | None
    designation: Designation
    producer: NamedAnswer
    series: NamedAnswer
    announced_at: str | None
    changed_at: str | None
    cancellation_reason: str | None
    statistics_url: str | None
    url: str | None
    calendar_url: str | None
    version: int


type Precision = Literal["exact", "month", "two_months"]


class ChangeAnswer(TypedDict):
    """The outcome of a change, and the release."""

    outcome: ChangeOutcome
    release: OfficeReleaseAnswer
    warnings: NotRequired[list[str]]


type ChangeOutcome = Literal["planned", "changed", "requested", "cancelled"]


class DateBody(TypedDict):
    """The date of a release, in London time."""

    precision: NotRequired[Precision]
    day: str
    time: NotRequired[str | None]


class PlanBody(TypedDict):
    """A release to plan."""

    series: str
    reference: str
    title: str
    welsh_title: NotRequired[str]
    date: DateBody


class SeriesAnswer(TypedDict):
    """A series of releases."""

    slug: str
    name: str
    names: LanguagesAnswer
    designation: Designation
    producer: NamedAnswer
    calendar_url: str
    changes_url: str


type Outcome = Literal["pending", "on_time", "early", "late", "not_seen", "partial", "uncertain", "cannot_tell"]


class ResultAnswer(TypedDict):
    """The result of a release for its present date. Times are in UTC."""

    reference: str
    status: Status
    due_at: str | None
    outcome: Outcome
    last_not_live_at: str | None
    first_live_at: str | None
    delay_seconds: list[float | None] | None
    reasons: list[str]
    published_at: str | None
    published_at_by_publisher: str | None
    publisher_source: str | None
    diagnoses: list[str]


type Status = Literal["provisional", "confirmed", "published", "cancelled"]


class CheckRunAnswer(TypedDict):
    """Consecutive checks with the same result."""

    result: str
    reasons: list[str]
    first_at: str
    last_at: str
    checks: int


class CheckedAddressAnswer(TypedDict):
    """The checks of one web page or file."""

    role: str
    required: bool
    url: str | None
    checks: int
    runs: list[CheckRunAnswer]


class ChecksAnswer(TypedDict):
    """The checks of a release for its present date.

    Checks from before the due time are left out until the release is published or cancelled.
    """

    reference: str
    due_at: str | None
    addresses: list[CheckedAddressAnswer]
    gaps: list[GapAnswer]


class GapAnswer(TypedDict):
    """A period in which no check was made."""

    begins_at: str
    ends_at: str


class ReportAnswer(TypedDict):
    """The main facts of a breach report."""

    number: str
    reference: str
    release: str | None
    kind: ReportKind
    kinds: list[ReportKind]
    status: ReportStatus
    practices: list[str]
    occurred_at: str | None
    delay_seconds: list[float | None] | None


type ReportKind = Literal[
    "late",
    "early",
    "partial",
    "not_live",
    "wrong_content",
    "pra",
    "access",
    "leak",
    "not_announced",
    "late_announcement",
    "used_in_public",
    "unequal_access",
    "other",
]

type ReportStatus = Literal[
    "draft",
    "with_hop",
    "returned",
    "approved",
    "recorded",
    "dismissed",
    "sent",
    "closed",
    "withdrawn",
    "joined",
    "parted",
]


class DateChangeBody(TypedDict):
    """Another date for a release.

    `osr_reference`, `osr_agreed_on` and `bank_holiday_reason` are only accepted for a confirmed release.
    """

    to: DateBody
    reason: NotRequired[str]
    version: NotRequired[int | None]
    osr_reference: NotRequired[str]
    osr_agreed_on: NotRequired[str | None]
    bank_holiday_reason: NotRequired[str]


class CancelBody(TypedDict):
    """The reason for a cancellation."""

    reason: str
    version: NotRequired[int | None]


class Client(Transport):
    """Each method is one operation. It raises what `Transport.send` raises."""

    def token(self) -> TokenAnswer:
        """Read the scopes and the last day of the token that you send."""
        answer: TokenAnswer = self.send("GET", "/api/office/v1/token")
        return answer

    def releases(
        self,
        *,
        per_page: int | None = None,
        series: str | None = None,
        status: list[Literal["provisional", "confirmed", "postponed", "published", "cancelled"]] | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> Iterator[OfficeReleaseAnswer]:
        """List releases of the producer.

        :param per_page: Results per page, at most 100.
        :param series: The slug of a series.
        :param status: The status in the calendar. Repeat the parameter to select several statuses.
        :param from_: Releases on or after this day.
        :param to: Releases on or before this day.
        """
        return self.read_list(
            "/api/office/v1/releases",
            "releases",
            query={"per_page": per_page, "series": series, "status": status, "from": from_, "to": to},
        )

    def plan_release(self, body: PlanBody, *, key: str) -> ChangeAnswer:
        """Plan a release. It is recorded as provisional. Only people can announce and confirm it.

        :param key: A new random text for each change, such as a UUID. If you repeat a request with the same key,
            the change is made only once, and you get the first answer again.
        """
        answer: ChangeAnswer = self.send("POST", "/api/office/v1/releases", body=body, headers={"Idempotency-Key": key})
        return answer

    def release(self, reference: str) -> OfficeReleaseAnswer:
        """Read one release."""
        answer: OfficeReleaseAnswer = self.send("GET", f"/api/office/v1/releases/{quote_part(reference)}")
        return answer

    def series(self, *, per_page: int | None = None) -> Iterator[SeriesAnswer]:
        """List the series of the producer.

        Series without announced releases are listed only if the token has the scope `read_unannounced` or
        `change_calendar`.

        :param per_page: Results per page, at most 100.
        """
        return self.read_list("/api/office/v1/series", "series", query={"per_page": per_page})

    def results(
        self,
        *,
        per_page: int | None = None,
        series: str | None = None,
        status: list[Literal["provisional", "confirmed", "postponed", "published", "cancelled"]] | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> Iterator[ResultAnswer]:
        """List the results of the producer's releases, sorted by the date of the release.

        :param per_page: Results per page, at most 100.
        :param series: The slug of a series.
        :param status: The status in the calendar. Repeat the parameter to select several statuses.
        :param from_: Releases on or after this day.
        :param to: Releases on or before this day.
        """
        return self.read_list(
            "/api/office/v1/results",
            "results",
            query={"per_page": per_page, "series": series, "status": status, "from": from_, "to": to},
        )

    def result(self, reference: str) -> ResultAnswer:
        """Read the result of one release."""
        answer: ResultAnswer = self.send("GET", f"/api/office/v1/releases/{quote_part(reference)}/result")
        return answer

    def checks(self, reference: str) -> ChecksAnswer:
        """Read the checks of one release.

        Consecutive checks with the same result are grouped into one run.
        """
        answer: ChecksAnswer = self.send("GET", f"/api/office/v1/releases/{quote_part(reference)}/checks")
        return answer

    def evidence(self, reference: str) -> bytes:
        """Download the evidence of a published release as a ZIP file. The download is recorded."""
        return self.download(f"/api/office/v1/releases/{quote_part(reference)}/evidence")

    def reports(self, *, per_page: int | None = None) -> Iterator[ReportAnswer]:
        """List the breach reports of the producer, including drafts.

        Restricted reports, reports about an early release that is not published yet, and reports about rehearsals
        and training sessions are left out. Reports about releases that are not announced, or about a series
        without announced releases, are listed only if the token has the scope `read_unannounced`.

        :param per_page: Results per page, at most 100.
        """
        return self.read_list("/api/office/v1/reports", "reports", query={"per_page": per_page})

    def report_document(self, reference: str) -> bytes:
        """Download the last approved document of a breach report as a PDF file. The download is recorded.

        In the path, use the `reference` of the report or its `number`. A report about a release that is not
        announced needs the scope `read_unannounced` as well.
        """
        return self.download(f"/api/office/v1/reports/{quote_part(reference)}/document")

    def change_date(self, reference: str, body: DateChangeBody, *, key: str) -> ChangeAnswer:
        """Change the date of a provisional release, or request another date for a confirmed release.

        The date of a confirmed release changes only when a Head of Profession or deputy agrees.

        :param key: A new random text for each change, such as a UUID. If you repeat a request with the same key,
            the change is made only once, and you get the first answer again.
        """
        answer: ChangeAnswer = self.send(
            "POST", f"/api/office/v1/releases/{quote_part(reference)}/date", body=body, headers={"Idempotency-Key": key}
        )
        return answer

    def cancel_release(self, reference: str, body: CancelBody, *, key: str) -> ChangeAnswer:
        """Cancel a release, with a public reason.

        From 24 hours before a confirmed release is due, only a person can cancel it.

        :param key: A new random text for each change, such as a UUID. If you repeat a request with the same key,
            the change is made only once, and you get the first answer again.
        """
        answer: ChangeAnswer = self.send(
            "POST",
            f"/api/office/v1/releases/{quote_part(reference)}/cancellation",
            body=body,
            headers={"Idempotency-Key": key},
        )
        return answer
