"""What tokens change: by the actions of the pages, in the name of who issued them, once for each key."""

import json
from datetime import date, timedelta

import pytest
from django.core.cache import caches
from django.test import Client

from releases import date_changes
from releases.models import DateChange, DateChangeRequest, Release, ReleaseEvent
from releases.rules.lifecycle import Role, Status
from releases.text.calendar import event_details
from statsoffice.audit.models import AccountEvent, What
from statsoffice.office_api import api
from statsoffice.office_api.models import Scope, StoredAnswer
from statsoffice.retention import API_ANSWERS_KEPT, remove_expired_sessions
from statsoffice.verification import check_evidence
from tests.support.api_tokens import NOW, issue
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

DUE = NOW.replace(month=6, day=16, hour=8, minute=30)
PLAN = {
    "series": "rain",
    "reference": "rain-july",
    "title": "Rain in July",
    "date": {"day": "2026-08-11"},
}
LATER = {"to": {"day": "2026-06-23"}, "reason": "We need more time to check the figures."}
KEY = "0d6f4f0e-4f0b-4b0e-9a55-d9d0c3d9a1f7"


@pytest.fixture(autouse=True)
def clock(time_machine):
    caches["rates"].clear()
    return time_machine.move_to(NOW, tick=False)


@shared_fixture
def office():
    office = create_office(name="Office for Rain", slug="rain")
    series = SeriesFactory(producer=office.producer, slug="rain")
    ReleaseFactory(series=series, reference="vague", title="Rain some day", due_at=DUE)
    ReleaseFactory(series=series, reference="firm", title="Rain in May", due_at=DUE, announced=True, confirmed=True)
    ReleaseFactory(series=series, reference="rehearsed", title="Rain to practise", due_at=DUE, rehearsal=True)
    other = create_office(name="Office for Snow", slug="snow")
    ReleaseFactory(series=SeriesFactory(producer=other.producer, slug="snow"), reference="snow", due_at=DUE)
    return office


@pytest.fixture
def token(office):
    return issue(office, Scope.CHANGE_CALENDAR)


def send(token, path, body, *, key=KEY):
    headers = {"Authorization": f"Bearer {token.secret}"} | ({"Idempotency-Key": key} if key else {})
    content = body if isinstance(body, str) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/api/office/v1{path}", content, content_type="application/json", headers=headers)


def error(answer):
    return answer.status_code, answer.json()["error"]


def stored(reference):
    return Release.objects.get(reference=reference)


PATHS = {"/releases": PLAN, "/releases/vague/date": LATER, "/releases/vague/cancellation": {"reason": "No data."}}


@pytest.mark.parametrize("path", PATHS)
def test_only_the_scope_for_changes_changes_anything(office, path):
    others = issue(office, *(scope for scope in Scope if scope != Scope.CHANGE_CALENDAR))
    code, sentence = error(send(others, path, PATHS[path]))
    assert (code, "“change_calendar”" in sentence) == (403, True)
    assert ReleaseEvent.objects.filter(facts__has_key="api_token").count() == 0
    assert not StoredAnswer.objects.exists()


class TestPlan:
    def test_a_release_is_recorded_as_provisional_and_not_announced(self, office, token):
        answer = send(token, "/releases", PLAN)
        assert answer.status_code == 201
        assert answer.json()["outcome"] == "planned"
        assert answer.json()["release"]["status"] == "provisional"
        assert answer.json()["release"]["announced_at"] is None
        assert answer.json()["release"]["date"]["text"] == "11 August 2026 9:30am"
        release = stored("rain-july")
        assert (release.status, release.announced_at, release.series.slug) == (Status.PROVISIONAL, None, "rain")
        assert Client().get("/api/v1/releases/rain-july").status_code == 404

    def test_a_month_has_no_time(self, token):
        plan = PLAN | {"date": {"precision": "month", "day": "2026-08-11"}}
        found = send(token, "/releases", plan).json()["release"]
        assert found["date"]["text"] == "August 2026"
        assert found["due_at"] is None

    @pytest.mark.parametrize(
        ("changed", "status", "sentence"),
        [
            ({"series": "snow"}, 404, "There is no series “snow” of this producer."),
            ({"reference": "firm"}, 409, "“firm” is already in use. Choose another reference."),
            ({"reference": "rain july"}, 400, "“reference” must be made of letters, digits"),
            ({"title": ""}, 400, "“title” must be 1 to 300 characters on one line."),
            ({"title": " \u00a0"}, 400, "“title” must be"),
            ({"title": "x" * 301}, 400, "“title” must be"),
            ({"title": "Rain\0"}, 400, "“title” must be"),
            ({"welsh_title": "Glaw\0"}, 400, "“welsh_title” must be"),
            ({"series": "rain\0"}, 400, "The body must be a JSON object"),
            ({"date": {"day": "2026-02-30"}}, 400, "“day” must be a valid date"),
            ({"date": {"day": 1}}, 400, "“day” must be a valid date"),
            ({"date": {"day": "2026-03-04"}}, 409, "The date must be in the future."),
            ({"date": {"precision": "month", "day": "9999-12-01"}}, 409, "9999 is not a valid year for a release."),
            ({"date": {"precision": "two_months", "day": "9999-11-01"}}, 409, "9999 is not a valid year"),
            ({"date": {"day": "2026-08-11", "time": "9:30am"}}, 400, "“time” must be a valid time"),
            ({"date": {"day": "2026-08-11", "time": "10:00"}}, 409, "OSR"),
            ({"date": {}}, 400, "“day” is missing."),
            ({"announced": True}, 400, "There is no field “announced” here."),
            ({"rehearsal": True}, 400, "There is no field “rehearsal” here."),
        ],
    )
    def test_what_cannot_be_planned_is_refused_with_one_sentence(self, token, changed, status, sentence):
        code, said = error(send(token, "/releases", PLAN | changed))
        assert code == status
        assert sentence in said
        assert not Release.objects.filter(reference="rain-july").exists()

    def test_a_refused_reference_does_not_say_who_has_it(self, token):
        """(attack: enumerate what another office has not announced)"""
        for name in ("vague", "firm", "rehearsed", "snow"):
            answer = send(token, "/releases", PLAN | {"reference": name}, key=f"key-for-{name}")
            assert error(answer) == (409, f"“{name}” is already in use. Choose another reference.")


class TestChangeDate:
    def test_a_provisional_date_is_changed_at_once(self, office, token):
        answer = send(token, "/releases/vague/date", LATER)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "changed")
        assert answer.json()["release"]["version"] == 2
        assert stored("vague").planned_on == date(2026, 6, 23)
        change = DateChange.objects.get()
        assert (change.requested_by, change.agreed_by) == (office.head, None)

    def test_another_date_of_a_confirmed_release_is_only_requested_and_a_person_agrees(self, office, token):
        answer = send(token, "/releases/firm/date", LATER)
        assert (answer.status_code, answer.json()["outcome"]) == (202, "requested")
        assert answer.json()["release"]["date"]["text"] == "16 June 2026 9:30am"
        assert (stored("firm").due_at, stored("firm").schedule_version) == (DUE, 1)
        request = DateChangeRequest.objects.get()
        assert (request.state, request.requested_by, request.decided_by) == ("waiting", office.head, None)
        assert date_changes.tokens_of([request]) == {request.pk: token.token.code}
        date_changes.agree_to_date_change(request, by=office.deputy, at=NOW + timedelta(hours=1))
        assert stored("firm").planned_on == date(2026, 6, 23)

    @pytest.mark.parametrize("before", [timedelta(hours=23), timedelta(minutes=1)])
    def test_shortly_before_it_is_due_it_is_only_requested_too(self, office, token, time_machine, before):
        long_token = issue(office, Scope.CHANGE_CALENDAR, purpose="Long", days=200)
        time_machine.move_to(DUE - before, tick=False)
        assert send(long_token, "/releases/firm/date", LATER).status_code == 202
        assert stored("firm").due_at == DUE

    @pytest.mark.parametrize(
        ("path", "changed", "sentence"),
        [
            ("firm", {"reason": ""}, "Enter the reason."),
            ("firm", {"version": 2}, "The date has changed"),
            ("firm", {"to": {"day": "2026-06-16"}}, "The date is already 16 June 2026 9:30am"),
            ("firm", {"to": {"day": "2026-06-20"}}, "OSR"),
            ("firm", {"to": {"day": "2026-08-31"}}, "bank holiday"),
            ("vague", {"to": {"day": "2026-06-23", "time": "11:00"}}, "OSR"),
            (
                "vague",
                {"osr_reference": "L1", "osr_agreed_on": "2026-03-01"},
                "For a provisional date, a person must record",
            ),
            ("vague", {"version": 7}, "The date has changed"),
        ],
    )
    def test_what_is_not_allowed_is_refused_with_one_sentence_and_changes_nothing(self, token, path, changed, sentence):
        before = Release.objects.filter(reference=path).values().get()
        code, said = error(send(token, f"/releases/{path}/date", LATER | changed))
        assert code == 409
        assert sentence in said
        assert Release.objects.filter(reference=path).values().get() == before
        assert not DateChangeRequest.objects.exists()

    @pytest.mark.parametrize("name", ["reason", "osr_reference", "bank_holiday_reason"])
    def test_a_null_character_is_refused(self, token, name):
        code, said = error(send(token, "/releases/firm/date", LATER | {name: "Letter\0 12"}))
        assert (code, f"“{name}” must be" in said) == (400, True)
        assert not DateChangeRequest.objects.exists()

    def test_osrs_agreement_to_another_day_of_a_confirmed_release_goes_with_the_request(self, token):
        agreed = {"to": {"day": "2026-06-20"}, "osr_reference": "Letter 12", "osr_agreed_on": "2026-03-02"}
        assert send(token, "/releases/firm/date", LATER | agreed).status_code == 202
        assert DateChangeRequest.objects.get().osr_reference == "Letter 12"

    def test_the_reference_of_osrs_agreement_is_as_long_as_the_record_stores(self, token):
        for number, (length, status) in enumerate([(101, 400), (300, 400), (100, 202)]):
            agreed = {"to": {"day": "2026-06-20"}, "osr_reference": "x" * length, "osr_agreed_on": "2026-03-02"}
            answer = send(token, "/releases/firm/date", LATER | agreed, key=f"key-number-{number}")
            assert answer.status_code == status
            if status == 400:
                assert error(answer)[1] == "“osr_reference” must be at most 100 characters on one line."
        assert DateChangeRequest.objects.get().osr_reference == "x" * 100

    def test_a_second_request_waits_for_the_first_to_be_decided(self, token):
        assert send(token, "/releases/firm/date", LATER).status_code == 202
        code, said = error(send(token, "/releases/firm/date", LATER | {"to": {"day": "2026-06-30"}}, key="another-key"))
        assert (code, "It is awaiting agreement." in said) == (409, True)

    @pytest.mark.parametrize("reference", ["snow", "rehearsed", "nowhere"])
    def test_what_is_not_the_producers_does_not_exist(self, token, reference):
        for act, body in (("date", LATER), ("cancellation", {"reason": "No data."})):
            code, said = error(send(token, f"/releases/{reference}/{act}", body))
            assert (code, said) == (404, f"There is no release “{reference}” that this token may change.")


class TestWarnings:
    """A date that is probably wrong is changed or requested all the same, and the answer says why it is improbable."""

    @pytest.fixture(autouse=True)
    def editions(self, office):
        series = Release.objects.get(reference="vague").series
        ReleaseFactory(series=series, reference="last", title="Rain in April", due_at=DUE.replace(month=5))
        shown = DUE.replace(month=7, day=14)
        ReleaseFactory(series=series, reference="next", title="Rain in June", due_at=shown, announced=True)

    @pytest.fixture
    def wide(self, office):
        return issue(office, Scope.CHANGE_CALENDAR, Scope.READ_CALENDAR, Scope.READ_UNANNOUNCED, purpose="Planning")

    @pytest.mark.parametrize(("reference", "outcome"), [("vague", "changed"), ("firm", "requested")])
    def test_a_new_date_after_the_next_edition_is_warned_of(self, token, reference, outcome):
        answer = send(token, f"/releases/{reference}/date", LATER | {"to": {"day": "2026-07-21"}}).json()
        assert (answer["outcome"], answer["warnings"]) == (
            outcome,
            ["The new date is after the next edition, ‘Rain in June’ (14 July 2026 9:30am)."],
        )
        assert (stored(reference).planned_on == date(2026, 7, 21)) == (outcome == "changed")

    def test_years_later_it_has_both_warnings(self, token):
        years, edition = send(token, "/releases/vague/date", LATER | {"to": {"day": "2029-06-19"}}).json()["warnings"]
        assert years == "The new date is 3 years later, so check the year."
        assert edition.startswith("The new date is after the next edition")

    def test_an_edition_that_is_not_announced_is_named_only_to_a_token_that_may_read_it(self, token, wide):
        earlier = LATER | {"to": {"day": "2026-05-12"}}
        answer = send(wide, "/releases/vague/date", earlier).json()
        assert answer["warnings"] == [
            "The new date is before the previous edition, ‘Rain in April’ (16 May 2026 9:30am)."
        ]
        send(wide, "/releases/vague/date", LATER | {"to": {"day": "2026-06-16"}}, key="back-again")
        answer = send(token, "/releases/vague/date", earlier).json()
        assert (answer["outcome"], answer["warnings"]) == ("changed", [])

    def test_the_same_key_gets_the_warnings_again(self, token):
        first, second = (send(token, "/releases/vague/date", LATER | {"to": {"day": "2026-07-21"}}) for _ in range(2))
        assert first.content == second.content
        assert len(second.json()["warnings"]) == 1

    def test_an_answer_without_a_doubtful_date_has_no_warnings(self, token):
        paths = {**PATHS, "/releases/firm/date": LATER}
        answers = [send(token, path, body, key=f"key-{n}-of-these") for n, (path, body) in enumerate(paths.items())]
        assert [answer.json()["warnings"] for answer in answers] == [[]] * 4

    def test_an_answer_that_was_stored_before_there_were_warnings_has_none(self, token):
        answer = send(token, "/releases/vague/date", LATER).json()
        del answer["warnings"]
        StoredAnswer.objects.update(answer=answer)
        assert send(token, "/releases/vague/date", LATER).json() == {**answer, "warnings": []}

    def test_an_impossible_date_is_refused(self, token):
        code, said = error(send(token, "/releases/vague/date", LATER | {"to": {"day": "9999-06-16"}}))
        assert (code, said) == (409, "9999 is not a valid year for a release.")


class TestCancel:
    @pytest.mark.parametrize("reference", ["vague", "firm"])
    def test_a_release_is_cancelled_with_a_reason(self, office, token, reference):
        answer = send(token, f"/releases/{reference}/cancellation", {"reason": "The survey has ended."})
        assert (answer.status_code, answer.json()["outcome"]) == (200, "cancelled")
        assert (stored(reference).status, stored(reference).cancellation_reason) == (
            Status.CANCELLED,
            "The survey has ended.",
        )

    @pytest.mark.parametrize("before", [timedelta(days=1), timedelta(0), timedelta(hours=-1)])
    def test_a_confirmed_one_is_cancelled_by_a_person_from_the_day_before_on(self, office, time_machine, before):
        token = issue(office, Scope.CHANGE_CALENDAR, days=200)
        time_machine.move_to(DUE - before, tick=False)
        code, said = error(send(token, "/releases/firm/cancellation", {"reason": "No data."}))
        assert code == 409
        assert said.startswith(
            ("From 24 hours before a confirmed release is due, only a person", "We are checking this release")
        )
        assert stored("firm").status == Status.CONFIRMED

    def test_a_reason_is_required(self, token):
        assert error(send(token, "/releases/vague/cancellation", {"reason": " "}))[0] == 409
        assert error(send(token, "/releases/vague/cancellation", {})) == (400, "“reason” is missing.")


class TestOnce:
    def test_the_same_key_and_body_get_the_same_answer_and_nothing_happens_twice(self, token):
        first, second = (send(token, "/releases", PLAN) for _ in range(2))
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert Release.objects.filter(reference="rain-july").count() == 1
        assert AccountEvent.objects.filter(kind=What.API_TOKEN_USED).count() == 1

    def test_a_refusal_is_the_answer_to_its_key_too(self, token):
        refused = send(token, "/releases/firm/date", LATER | {"reason": ""})
        assert refused.status_code == 409
        again = send(token, "/releases/firm/date", LATER | {"reason": ""})
        assert again.content == refused.content
        assert AccountEvent.objects.filter(kind=What.API_TOKEN_USED).count() == 1

    def test_the_same_key_with_another_request_is_refused(self, token):
        send(token, "/releases", PLAN)
        for path, body in (("/releases", PLAN | {"title": "Other"}), ("/releases/vague/date", LATER)):
            code, said = error(send(token, path, body))
            assert (code, said[:50]) == (422, "This Idempotency-Key was sent with another request")
        assert stored("vague").schedule_version == 1

    def test_keys_of_other_tokens_do_not_matter(self, office, token):
        send(token, "/releases", PLAN)
        other = issue(office, Scope.CHANGE_CALENDAR, purpose="Other system")
        assert send(other, "/releases", PLAN | {"reference": "rain-august"}).status_code == 201

    @pytest.mark.parametrize("key", [None, "short", "with a space", "x" * 101, "é" * 8])
    def test_a_key_is_required(self, token, key):
        code, said = error(send(token, "/releases", PLAN, key=key))
        assert (code, "Idempotency-Key" in said) == (400, True)

    def test_what_was_never_carried_out_uses_up_no_key(self, token):
        assert send(token, "/releases", PLAN | {"series": "snow"}).status_code == 404
        assert send(token, "/releases", "no JSON").status_code == 400
        assert send(token, "/releases", PLAN).status_code == 201

    def test_answers_are_removed_after_thirty_days_and_the_record_stays(self, token):
        send(token, "/releases", PLAN)
        remove_expired_sessions(now=NOW + API_ANSWERS_KEPT)
        assert StoredAnswer.objects.count() == 1
        remove_expired_sessions(now=NOW + API_ANSWERS_KEPT + timedelta(seconds=1))
        assert not StoredAnswer.objects.exists()
        assert AccountEvent.objects.filter(kind=What.API_TOKEN_USED).count() == 1


class TestRecord:
    def test_the_history_names_the_token_and_the_person_who_answers_for_it(self, office, token):
        send(token, "/releases/vague/date", LATER)
        event = ReleaseEvent.objects.get(release=stored("vague"), kind="change_date")
        assert (event.actor, event.facts["api_token"]) == (office.head, token.token.code)
        assert f"Using API token {token.token.code}" in list(event_details(event))
        own = ReleaseEvent.objects.exclude(pk=event.pk)
        assert not any("api_token" in one.facts for one in own), "events outside a request have no token"

    def test_each_change_and_each_refusal_is_an_event_of_the_token(self, office, token):
        send(token, "/releases/vague/date", LATER, key="first-key")
        send(token, "/releases/firm/date", LATER | {"reason": ""}, key="second-key")
        made, refused = AccountEvent.objects.filter(kind=What.API_TOKEN_USED).order_by("position")
        assert (made.account, made.actor, made.facts["token"]) == (office.head, office.head, token.token.code)
        assert (made.facts["release"], made.facts["outcome"]) == ("vague", "changed")
        assert (refused.facts["path"], refused.facts["outcome"]) == ("/api/office/v1/releases/firm/date", "refused")
        assert [result.why for result in check_evidence(now=NOW) if result.why] == []

    def test_the_audit_trail_tells_them_in_sentences(self, client, office, token):
        send(token, "/releases/vague/date", LATER, key="first-key")
        send(token, "/releases/firm/date", LATER | {"reason": ""}, key="second-key")
        client.force_login(office.people[Role.AUDITOR])
        trail = client.get("/audit/").text
        assert f"Changed the date of release vague through API token {token.token.code}" in trail
        assert f"Requested a change through API token {token.token.code} (request refused)" in trail

    def test_the_page_of_requests_says_that_a_token_made_one(self, client, office, token):
        send(token, "/releases/firm/date", LATER)
        client.force_login(office.deputy)
        for address in ("/changes/waiting/", "/releases/firm/"):
            assert f"through API token {token.token.code}" in client.get(address).text, address

    def test_uses_are_counted_as_changes(self, token):
        send(token, "/releases", PLAN)
        token.token.use.refresh_from_db()
        assert (token.token.use.reads, token.token.use.writes) == (0, 1)


def test_no_operation_agrees_decides_announces_or_confirms():
    written = {name for name, scope in api.SCOPES.items() if scope == Scope.CHANGE_CALENDAR}
    assert written == {"plan_release", "change_date", "cancel_release"}
    for act in ("agreement", "agree", "refusal", "announcement", "confirmation", "confirm", "publication"):
        assert Client().post(f"/api/office/v1/releases/firm/{act}").status_code == 404
