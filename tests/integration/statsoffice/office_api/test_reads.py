"""What tokens read: each operation by its scope, one producer only, and nothing before its time."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openapi_spec_validator import validate

from breaches import dispatches, drafting, merging
from breaches.drafting import ReportSubject
from breaches.models import Report, ReportEvent
from breaches.rules.lifecycle import RESTRICTED, ReportKind, ReportStatus
from breaches.text import event_title
from releases.evidence.export import EXPORTED, export_evidence
from releases.models import Membership, Release, ReleaseEvent
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from statsoffice.audit.trail import describe_entry
from statsoffice.office_api import api
from statsoffice.office_api.models import Scope
from statsoffice.office_api.tokens import revoke_token
from tests.support.api_tokens import issue
from tests.support.early_release import FOUND_AT, add_checks, create_release, find_early, publish
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, create_office, create_report, move_report, reload_reports
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

READS = [
    Scope.READ_CALENDAR,
    Scope.READ_RESULTS,
    Scope.READ_EVIDENCE,
    Scope.EXPORT_EVIDENCE,
    Scope.READ_REPORTS,
    Scope.READ_DOCUMENTS,
]
PATHS = {
    "token": "/token",
    "releases": "/releases",
    "release": "/releases/announced",
    "series": "/series",
    "results": "/results",
    "result": "/releases/announced/result",
    "checks": "/releases/announced/checks",
    "reports": "/reports",
    "evidence": "/releases/announced/evidence",
    "report_document": "/reports/nowhere/document",
}
NEEDS = {
    "token": None,
    "releases": Scope.READ_CALENDAR,
    "release": Scope.READ_CALENDAR,
    "series": Scope.READ_CALENDAR,
    "results": Scope.READ_RESULTS,
    "result": Scope.READ_RESULTS,
    "checks": Scope.READ_EVIDENCE,
    "reports": Scope.READ_REPORTS,
    "evidence": Scope.EXPORT_EVIDENCE,
    "report_document": Scope.READ_DOCUMENTS,
}
OF_RELEASE = ("release", "result", "checks", "evidence")
# The release is not published and the report does not exist.
NOT_THERE = {"evidence", "report_document"}


@pytest.fixture(autouse=True)
def clock(time_machine):
    caches["rates"].clear()
    return time_machine.move_to(AT, tick=False)


@shared_fixture
def office():
    """An office with an announced release, one that is confirmed and not announced, and a rehearsal."""
    office = create_office(name="Office for Rain", slug="rain")
    series = SeriesFactory(producer=office.producer, slug="rain")
    ReleaseFactory(series=series, reference="announced", title="Rain in May", announced=True)
    ReleaseFactory(series=series, reference="unannounced", title="Rain in June", confirmed=True)
    ReleaseFactory(series=series, reference="rehearsed", title="Rain to practise", rehearsal=True, confirmed=True)
    other = create_office(name="Office for Snow", slug="snow")
    ReleaseFactory(
        series=SeriesFactory(producer=other.producer, slug="snow"), reference="snow", title="Snow", announced=True
    )
    return office


def get(token, path, **headers):
    """Request a path as a program does: without cookies."""
    if token:
        headers["Authorization"] = f"Bearer {token.secret}"
    return Client().get(f"/api/office/v1{path}", headers=headers)


def error_of(answer):
    return answer.json()["error"]


def references(token, **asked):
    found = get(token, "/releases?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    return [one["reference"] for one in found.json()["releases"]]


def test_each_operation_that_reads_has_the_scope_of_this_table():
    reads = {
        operation["operationId"]
        for methods in api.api.get_openapi_schema()["paths"].values()
        for method, operation in methods.items()
        if method == "get"
    }
    assert {name: api.SCOPES[name] for name in reads} == NEEDS
    assert PATHS.keys() == NEEDS.keys()


# The scope of unannounced releases is a part of the others.
@pytest.mark.parametrize("scope", [scope for scope in Scope if scope != Scope.READ_UNANNOUNCED])
def test_a_token_with_one_scope_reads_what_this_scope_says_and_nothing_else(office, scope):
    token = issue(office, scope, at=AT)
    for name, path in PATHS.items():
        answer = get(token, path)
        if NEEDS[name] in {None, scope}:
            assert answer.status_code == (404 if name in NOT_THERE else 200), name
        else:
            assert answer.status_code == 403, name
            assert answer.json()["error"].count(f"“{NEEDS[name]}”") == 1
        assert answer.headers["Cache-Control"] == "private, no-store"
    token.token.use.refresh_from_db()
    assert token.token.use.reads + token.token.use.refused == len(PATHS)
    assert token.token.use.last_used_at == AT


class TestAuthentication:
    def test_without_a_token_or_with_a_wrong_one_every_address_answers_401(self, office):
        token = issue(office, at=AT)
        wrong = ("", "Bearer", "Bearer ", "Basic x", f"Token {token.secret}", f"Bearer {token.secret}0",
                 f"Bearer {token.token.digest}", f"Bearer {token.token.code}", "Bearer statsoffice_é")  # fmt: skip
        for path in PATHS.values():
            answer = get(None, path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.headers["Cache-Control"] == "private, no-store"
        for header in wrong:
            answer = get(None, "/releases", Authorization=header)
            assert answer.status_code == 401, header
            assert answer.json()["error"].startswith("Send your token")
            assert "check that it is complete" in answer.json()["error"]

    def test_a_session_does_not_work_here(self, office):
        client = Client()
        client.force_login(office.head)
        assert client.get("/api/office/v1/releases").status_code == 401
        answer = get(issue(office, at=AT), "/releases")
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_revoked_token_stops_at_once_and_an_expired_one_after_its_last_day(self, office, time_machine):
        revoked, expired = issue(office, at=AT), issue(office, purpose="Dashboard", days=1, at=AT)
        assert get(revoked, "/releases").status_code == get(expired, "/releases").status_code == 200
        revoke_token(revoked.token, by=office.deputy, at=AT)
        assert get(revoked, "/releases").json()["error"].startswith("This token was revoked.")
        time_machine.move_to(AT + timedelta(days=2), tick=False)
        answer = get(expired, "/releases")
        assert (answer.status_code, answer.json()["error"][:23]) == (401, "This token has expired.")

    def test_a_token_stops_when_its_issuer_is_no_longer_head_of_profession(self, office):
        token = issue(office, at=AT)
        Membership.objects.filter(user=office.head).update(role=Role.DEPUTY)
        answer = get(token, "/releases")
        assert answer.status_code == 401
        assert "no longer Head of Profession" in answer.json()["error"]

    def test_each_token_has_its_own_limit(self, office, monkeypatch):
        monkeypatch.setattr(api, "MOST_REQUESTS", 2)
        token, other = issue(office, at=AT), issue(office, purpose="Dashboard", at=AT)
        statuses = [get(token, "/token").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        answer = get(token, "/token")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert get(other, "/token").status_code == 200
        token.token.use.refresh_from_db()
        assert (token.token.use.reads, token.token.use.refused) == (2, 0), "a flood writes nothing"

    def test_other_methods_are_refused_with_a_sentence(self, office):
        token = issue(office, *READS, at=AT)
        headers = {"Authorization": f"Bearer {token.secret}"}
        answer = Client(enforce_csrf_checks=True).delete("/api/office/v1/releases/announced", headers=headers)
        assert answer.status_code == 405
        assert "not DELETE" in answer.json()["error"]
        assert Client().head("/api/office/v1/releases", headers=headers).status_code == 200
        assert error_of(Client().post("/api/office/v1/openapi.json")) == "Use GET, HEAD at this address, not POST."
        nothing = "There is nothing at /api/office/v1/nowhere; the API is described at /api/office/v1/openapi.json."
        assert error_of(Client().get("/api/office/v1/nowhere")) == nothing


class TestCalendar:
    def test_by_default_only_what_is_announced_is_read(self, office):
        token = issue(office, at=AT)
        assert references(token) == ["announced"]
        assert get(token, "/releases/unannounced").status_code == 404

    def test_a_release_is_described_as_in_the_public_api(self, office):
        own = get(issue(office, at=AT), "/releases/announced").json()
        public = Client().get("/api/v1/releases?producer=rain").json()["releases"][0]
        assert own == public | {"version": 1}

    def test_unannounced_releases_are_read_by_their_own_scope_and_say_that_they_are_not_announced(self, office):
        token = issue(office, *READS, Scope.READ_UNANNOUNCED, at=AT)
        assert set(references(token)) == {"announced", "unannounced"}
        planned = get(token, "/releases/unannounced").json()
        assert planned["title"] == "Rain in June"
        left_out = ("announced_at", "changed_at", "url", "calendar_url", "statistics_url")
        assert [planned[name] for name in left_out] == [None] * 5

    @pytest.mark.parametrize("reference", ["unannounced", "rehearsed", "snow", "nowhere"])
    def test_what_is_not_the_producers_or_not_announced_does_not_exist(self, office, reference):
        token = issue(office, *READS, at=AT)
        for name in OF_RELEASE:
            path = PATHS[name].replace("announced", reference)
            answer = get(token, path)
            assert answer.status_code == 404, path
            assert answer.json()["error"] == f"There is no release “{reference}”, or this token has no access to it."

    def test_no_scope_reads_other_producers_or_rehearsals(self, office):
        token = issue(office, *Scope, at=AT)
        for path in ("/releases/rehearsed", "/releases/snow", "/releases/snow/checks"):
            assert get(token, path).status_code == 404
        assert {one["slug"] for one in get(token, "/series").json()["series"]} == {"rain"}
        for path in ("/releases", "/results", "/series", "/reports"):
            text = get(token, path).text
            assert "now" not in text.replace("unknown", ""), path
            assert "practise" not in text

    def test_lists_are_filtered_and_continue(self, office):
        token = issue(office, *READS, Scope.READ_UNANNOUNCED, at=AT)
        first = get(token, "/releases?per_page=1").json()
        assert len(first["releases"]) == 1
        rest = Client().get(first["next_url"], headers={"Authorization": f"Bearer {token.secret}"}).json()
        assert rest["next_url"] is None
        assert {one["reference"] for one in first["releases"] + rest["releases"]} == {"announced", "unannounced"}
        assert references(token, status="provisional") == []
        assert references(token, **{"from": "2031-01-01"}) == []
        assert references(token, series="rain", to="2020-07-01") != []

    @pytest.mark.parametrize("question", ["per_page=0", "from=soon", "producer=rain", "status=early", "after=x"])
    def test_a_wrong_question_is_refused_with_a_sentence(self, office, question):
        answer = get(issue(office, at=AT), f"/releases?{question}")
        assert answer.status_code == 400
        assert question.partition("=")[0] in answer.json()["error"]


class TestBeforeItsTime:
    def test_that_a_release_was_found_early_is_in_no_answer_until_it_is_published(self, office, time_machine):
        time_machine.move_to(FOUND_AT + timedelta(minutes=1), tick=False)
        token = issue(office, *Scope, at=FOUND_AT)
        release = create_release(office)
        paths = [path.replace("announced", release.reference) for path in PATHS.values()]
        before = {path: get(token, path).text for path in paths}
        assert "not_live" not in before[f"/releases/{release.reference}/checks"], "a gap between checks would show it"
        early = find_early(office, release)
        assert Report.objects.filter(producer=office.producer).exists()
        assert {path: get(token, path).text for path in paths} == before
        publish(early)
        time_machine.move_to(AT, tick=False)
        assert get(token, f"/releases/{release.reference}/result").json()["outcome"] == "early"
        assert release.addresses.get().url in get(token, f"/releases/{release.reference}/checks").text

    def test_the_address_of_a_page_is_in_no_answer_until_the_release_is_published(self, office):
        token = issue(office, *Scope, at=AT)
        text = "".join(get(token, path).text for path in (*PATHS.values(), "/releases/unannounced/checks"))
        assert "schools-march-2020" not in text
        assert get(token, "/releases/announced/checks").json()["addresses"][0]["url"] is None


class TestFiles:
    def test_the_evidence_of_a_published_release_is_the_bundle_that_its_page_gives_and_is_recorded(
        self, office, time_machine
    ):
        time_machine.move_to(FOUND_AT, tick=False)
        release = create_release(office)
        token = issue(office, Scope.EXPORT_EVIDENCE, at=FOUND_AT)
        path = f"/releases/{release.reference}/evidence"
        answer = get(token, path)
        assert (answer.status_code, error_of(answer)) == (
            404,
            "The evidence of this release is sealed until it is published.",
        )
        add_checks(release, *(("live", at) for at in range(0, 125, 5)))
        time_machine.move_to(AT, tick=False)
        answer = get(token, path)
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Cache-Control"] == "private, no-store"
        content = b"".join(answer.streaming_content)
        release.refresh_from_db()
        export_evidence(release, expected := io.BytesIO(), at=AT)
        assert content == expected.getvalue()
        by_token, by_command = ReleaseEvent.objects.filter(kind=EXPORTED).order_by("position")
        assert by_token.actor == office.head
        assert by_token.facts["api_token"] == token.token.code
        assert by_token.facts["sha256"] == sha256_hex(content)
        words = f"Downloaded the evidence for ‘{release.title}’"
        assert describe_entry("evidence", by_token) == f"{words} with API token {token.token.code}"
        assert describe_entry("evidence", by_command) == words

    def test_the_approved_document_is_the_stored_one_and_its_download_is_recorded(self, office):
        report = move_report(create_report(office, announced=True), office, ReportStatus.APPROVED)
        document = report.approved_documents.get()
        token = issue(office, Scope.READ_DOCUMENTS, at=AT)
        answer = get(token, f"/reports/{report.reference}/document")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert sha256_hex(b"".join(answer.streaming_content)) == document.pdf_sha256
        event = ReportEvent.objects.filter(kind="downloaded").get()
        assert (event.actor, event.facts["api_token"]) == (office.head, token.token.code)
        assert (event.facts["version"], event.facts["role"]) == (document.version, Role.HEAD_OF_PROFESSION)
        by_token = f"with API token {token.token.code}"
        assert event_title(event) == f"Approved document downloaded (version {document.version}) {by_token}"
        name = f"report {report.number} ({office.producer})"
        words = f"Downloaded the approved document of {name}, version {document.version} {by_token}"
        assert describe_entry("documents", event) == words
        assert get(token, f"/reports/{report.number.lower()}/document").status_code == 200
        Report.objects.update(kind=ReportKind.LEAK)
        for name in (report.reference, report.number):
            assert get(token, f"/reports/{name}/document").status_code == 404

    def test_a_report_without_an_approved_document_or_of_another_producer_does_not_exist(self, office):
        approved = move_report(create_report(office, announced=True), office, ReportStatus.APPROVED)
        create_report(office, ReportStatus.DRAFT, reference="draft", announced=True)
        other = issue(create_office(name="Office for Hail"), Scope.READ_DOCUMENTS, at=AT)
        for token in (issue(office, Scope.READ_DOCUMENTS, at=AT), other):
            answer = get(token, "/reports/draft/document")
            assert answer.status_code == 404
            refusal = "There is no report “draft” with an approved document, or this token has no access to it."
            assert error_of(answer) == refusal
        assert get(other, f"/reports/{approved.number}/document").status_code == 404

    def test_files_have_no_head_because_each_download_is_recorded(self, office):
        token = issue(office, *READS, at=AT)
        answer = Client().head(
            "/api/office/v1/releases/announced/evidence", headers={"Authorization": f"Bearer {token.secret}"}
        )
        assert answer.status_code == 405


class TestReports:
    def test_only_reports_that_all_roles_may_know_of_are_read(self, office):
        token = issue(office, Scope.READ_REPORTS, at=AT)
        shown = create_report(office, ReportStatus.DRAFT, reference="shown", announced=True)
        (one,) = get(token, "/reports").json()["reports"]
        assert (one["reference"], one["kind"], one["status"]) == (shown.reference, ReportKind.LATE, "draft")
        assert one["number"] == str(shown.number)
        for kind in RESTRICTED:
            Report.objects.update(kind=kind)
            assert get(token, "/reports").json()["reports"] == [], kind
        Report.objects.update(kind=ReportKind.LATE, rehearsal=True)
        assert get(token, "/reports").json()["reports"] == []

    def test_a_report_that_was_sent_has_the_state_of_its_correction(self, office):
        token = issue(office, Scope.READ_REPORTS, at=AT)
        sent = create_report(office, ReportStatus.SENT, announced=True)
        assert [one["status"] for one in get(token, "/reports").json()["reports"]] == ["sent"]
        dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT)
        assert [one["status"] for one in get(token, "/reports").json()["reports"]] == ["draft"]

    def test_a_combined_report_has_all_its_kinds_and_needs_no_further_query(self, office, narrow):
        drafts = [
            create_report(office, ReportStatus.DRAFT, reference=f"combined-{number}", announced=True)
            for number in range(4)
        ]
        with CaptureQueriesContext(connection) as before:
            assert [one["kinds"] for one in get(narrow, "/reports").json()["reports"]] == [["late"]] * 4
        for draft, kind in zip(drafts[:3], (ReportKind.PARTIAL, ReportKind.EARLY, ReportKind.LATE), strict=True):
            draft.suspicions.update(kind=kind)
        joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
        with CaptureQueriesContext(connection) as after:
            (shown,) = [one for one in get(narrow, "/reports").json()["reports"] if one["reference"] == joint.reference]
        assert (shown["kind"], shown["kinds"]) == ("partial", ["partial", "late", "early"])
        assert len(after) == len(before)

    def test_those_of_other_producers_do_not_exist(self, office):
        create_report(office, ReportStatus.DRAFT, reference="of-rain", announced=True)
        other = create_office(name="Office for Hail")
        assert get(issue(other, Scope.READ_REPORTS, at=AT), "/reports").json()["reports"] == []

    @pytest.fixture
    def narrow(self, office):
        return issue(office, Scope.READ_REPORTS, Scope.READ_DOCUMENTS, at=AT)

    @pytest.fixture
    def wide(self, office):
        scopes = (Scope.READ_REPORTS, Scope.READ_DOCUMENTS, Scope.READ_UNANNOUNCED)
        return issue(office, *scopes, purpose="Archive", at=AT)

    def test_those_about_an_unannounced_release_need_its_scope_and_so_do_their_documents(self, office, narrow, wide):
        report = move_report(create_report(office), office, ReportStatus.APPROVED)
        assert self.references(narrow) == set()
        assert self.references(wide) == {report.reference}
        for name in (report.reference, report.number):
            assert get(narrow, f"/reports/{name}/document").status_code == 404
            assert get(wide, f"/reports/{name}/document").status_code == 200
        Release.objects.filter(pk=report.suspicions.get().release_id).update(announced_at=AT)
        assert self.references(narrow) == {report.reference}
        assert get(narrow, f"/reports/{report.reference}/document").status_code == 200

    @pytest.mark.parametrize("about", ["release", "series"])
    def test_those_that_a_person_started_need_it_too(self, office, narrow, wide, about):
        series = SeriesFactory(producer=office.producer, slug="planned")
        release = ReleaseFactory(series=series, reference="planned-1", title="Planned", confirmed=True)
        of_series = SeriesFactory(producer=office.producer, slug="shown")
        shown = ReleaseFactory(series=of_series, reference="shown-1", title="Shown", announced=True)
        started = [
            start_report(office, ReportSubject(office.producer, **{about: one}))
            for one in ((release, shown) if about == "release" else (series, of_series))
        ]
        of_producer = start_report(office, ReportSubject(office.producer))
        hidden, *others = [report.reference for report in (*started, of_producer)]
        assert self.references(narrow) == set(others)
        assert self.references(wide) == {hidden, *others}

    def test_those_that_were_combined_with_one_about_an_unannounced_release_need_it_too(self, office, narrow, wide):
        shown = create_report(office, ReportStatus.DRAFT, reference="shown", announced=True)
        hidden = create_report(office, ReportStatus.DRAFT, reference="hidden")
        joint = merging.merge_drafts(reload_reports([shown, hidden]), by=office.statistician, at=AT)
        assert self.references(narrow) == {shown.reference}
        assert self.references(wide) == {shown.reference, hidden.reference, joint.reference}
        merging.split_report(joint, by=office.statistician, at=AT)
        assert self.references(narrow) == {shown.reference}
        assert self.references(wide) == {shown.reference, hidden.reference, joint.reference}

    def references(self, token):
        return {one["reference"] for one in get(token, "/reports").json()["reports"]}


def start_report(office, about):
    report, _is_new = drafting.start_report(
        about,
        kind=ReportKind.LATE,
        occurred_on=(AT.date(),),
        by=office.statistician,
        at=AT,
        form_key=uuid4(),
    )
    return report


def test_the_openapi_document_is_valid_and_has_its_own_address(office):
    answer = Client().get("/api/office/v1/openapi.json")
    document = json.loads(answer.content)
    validate(document)
    assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert all(
        operation["security"] == [{"token": []}]
        for methods in document["paths"].values()
        for operation in methods.values()
    )
