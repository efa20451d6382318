"""API tokens: who issues and revokes them, what is stored of them, when they work, and what the record says."""

import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from releases.cover import CoverPerson, name_cover
from releases.models import Membership
from releases.permissions import NotYours
from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts.models import AccountRowRecord
from statsoffice.audit.models import AccountEvent, What
from statsoffice.office_api.models import ApiToken, Scope, TokenRevocation
from statsoffice.office_api.tokens import (
    TokenRefused,
    TokenState,
    Use,
    count_use,
    find_expiring_tokens,
    find_token,
    find_token_state,
    revoke_token,
)
from statsoffice.verification import check_evidence
from tests.support.api_tokens import NOW, issue
from tests.support.factories import rolled_back
from tests.support.people import create_office
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r"statsoffice_[a-z0-9]{8}_[0-9a-f]{64}")


@shared_fixture
def office():
    return create_office(name="Office for Rain")


def rows_as_text():
    """Everything that the tables of tokens and events store, as text."""
    stored = [list(model.objects.values()) for model in (ApiToken, TokenRevocation, AccountEvent, AccountRowRecord)]
    return str(stored)


class TestIssue:
    def test_the_head_of_profession_alone_issues_tokens(self, office):
        for role, person in office.people.items():
            with rolled_back():
                if role == Role.HEAD_OF_PROFESSION:
                    assert issue(office, by=person).token.issued_by == person
                else:
                    with pytest.raises(NotYours):
                        issue(office, by=person)

    def test_a_person_who_covers_issues_none(self, office):
        person = office.people[Role.STATISTICIAN]
        day = NOW.date()
        name_cover(
            office.producer,
            office.head,
            first=day,
            last=day,
            people=[CoverPerson(person, day, day)],
            by=office.head,
            at=NOW,
        )
        with pytest.raises(NotYours):
            issue(office, by=person)

    def test_the_token_is_long_random_and_recognisable_and_only_its_digest_is_stored(self, office):
        first, second = issue(office), issue(office, purpose="Dashboard")
        assert TOKEN.fullmatch(first.secret)
        assert first.secret != second.secret
        assert first.token.code in first.secret
        assert first.secret.rpartition("_")[2] not in rows_as_text()
        assert find_token(first.secret) == first.token
        assert find_token(first.secret[:-1]) is None
        assert find_token(first.token.digest) is None

    def test_the_default_scope_reads_the_calendar_only(self, office):
        token = issue(office).token
        assert [scope for scope in Scope if token.has(scope)] == [Scope.READ_CALENDAR]

    def test_a_last_day_is_required_within_a_year(self, office):
        assert issue(office, days=365, purpose="Longest").token.last_day == date(2027, 3, 4)
        assert issue(office, days=0, purpose="Shortest").token.last_day == date(2026, 3, 4)
        for days, sentence in ((366, "on or before 4 March 2027"), (-1, "today or in the future")):
            with pytest.raises(TokenRefused, match=sentence) as refusal:
                issue(office, days=days)
            assert refusal.value.field == "last_day"

    def test_unannounced_releases_are_a_part_of_something_that_is_read(self, office):
        with pytest.raises(
            TokenRefused, match="Select the announced calendar, results, checks, evidence or reports as well"
        ) as refusal:
            issue(office, Scope.READ_UNANNOUNCED, Scope.CHANGE_CALENDAR)
        assert refusal.value.field == "scopes"
        for number, scope in enumerate(set(Scope) - {Scope.READ_UNANNOUNCED, Scope.CHANGE_CALENDAR}):
            assert issue(office, Scope.READ_UNANNOUNCED, scope, purpose=f"System {number}").token.has(scope)

    def test_a_purpose_has_one_token_at_a_time(self, office):
        first = issue(office).token
        with pytest.raises(TokenRefused, match="already a token for this purpose"):
            issue(office, purpose=" publishing  SYSTEM ")
        revoke_token(first, by=office.head, at=NOW)
        assert issue(office).token.purpose == "Publishing system"
        assert issue(create_office(name="Office for Snow")).token.purpose == "Publishing system"


class TestEnd:
    def test_leads_revoke_at_once_and_no_one_else(self, office):
        token = issue(office).token
        for role, person in office.people.items():
            with rolled_back():
                if role in LEADS:
                    assert revoke_token(token, by=person, at=NOW)
                    assert find_token_state(ApiToken.objects.get(), at=NOW) == TokenState.REVOKED
                else:
                    with pytest.raises(NotYours):
                        revoke_token(token, by=person, at=NOW)

    def test_a_second_press_revokes_nothing_more(self, office):
        token = issue(office).token
        assert revoke_token(token, by=office.head, at=NOW)
        assert not revoke_token(token, by=office.deputy, at=NOW)
        assert TokenRevocation.objects.get().revoked_by == office.head

    def test_it_works_throughout_its_last_day_in_london(self, office):
        token = issue(office, days=118).token  # 30 June: in London the day ends at 11pm UTC
        end = NOW.replace(month=6, day=30, hour=22, minute=59, second=59)
        assert find_token_state(token, at=end) == TokenState.WORKS
        assert find_token_state(token, at=end + timedelta(seconds=1)) == TokenState.EXPIRED
        assert list(ApiToken.objects.usable(at=end)) == [token]
        assert not ApiToken.objects.usable(at=end + timedelta(seconds=1)).exists()

    @pytest.mark.parametrize("how", ["role", "account"])
    def test_it_stops_when_no_head_of_profession_answers_for_it(self, office, how):
        token = issue(office).token
        if how == "role":
            Membership.objects.filter(user=office.head).update(role=Role.STATISTICIAN)
        else:
            type(office.head).objects.filter(pk=office.head.pk).update(is_active=False)
        assert find_token_state(find_token_again(token), at=NOW) == TokenState.NOT_RESPONSIBLE


def find_token_again(token):
    return ApiToken.objects.select_related("producer", "issued_by").get(pk=token.pk)


class TestRecord:
    def test_creation_and_revocation_are_events_and_both_rows_have_digests(self, office):
        token = issue(office, Scope.READ_RESULTS).token
        revoke_token(token, by=office.deputy, at=NOW)
        created, revoked = AccountEvent.objects.order_by("position")
        assert (created.kind, created.account, created.actor) == (What.API_TOKEN_CREATED, office.head, office.head)
        assert created.facts["scopes"] == ["read_results"]
        assert created.facts["last_day"] == "2026-04-03"
        assert (revoked.kind, revoked.account, revoked.actor) == (What.API_TOKEN_REVOKED, office.head, office.deputy)
        assert {created.facts["token"], revoked.facts["token"]} == {token.code}
        assert [result.why for result in check_evidence(now=NOW) if result.why] == []

    def test_a_token_that_gets_more_scopes_in_the_database_is_found(self, office):
        issue(office)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("""UPDATE office_api_apitoken SET scopes = '["change_calendar"]'""")
        whys = [result.why for result in check_evidence(now=NOW) if result.why]
        assert len(whys) == 1
        assert "office_api.apitoken" in whys[0]

    def test_a_revocation_cannot_be_taken_back(self, office):
        token = issue(office).token
        revoke_token(token, by=office.head, at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            TokenRevocation.objects.create(token=token, revoked_by=office.head, revoked_at=NOW)

    def test_uses_are_counted_by_kind(self, office):
        token = issue(office).token
        for use in (Use.READ, Use.READ, Use.WRITE, Use.REFUSED):
            count_use(token, use, at=NOW)
        token.use.refresh_from_db()
        assert (token.use.reads, token.use.writes, token.use.refused) == (2, 1, 1)
        assert token.use.last_used_at == NOW


def test_a_token_that_expires_within_two_weeks_is_a_task_of_the_head_of_profession(office):
    issue(office, days=15, purpose="Later")
    soon = issue(office, days=14, purpose="Soon").token
    over = issue(office, days=3, purpose="Revoked").token
    revoke_token(over, by=office.head, at=NOW)
    assert find_expiring_tokens(office.head, now=NOW) == [soon]
    for role, person in office.people.items():
        if role != Role.HEAD_OF_PROFESSION:
            assert find_expiring_tokens(person, now=NOW) == []
