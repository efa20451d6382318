"""Tokens of the office's own systems, for the tests."""

from datetime import UTC, datetime, timedelta

from statsoffice.office_api import tokens
from statsoffice.office_api.models import Scope
from statsoffice.office_api.tokens import NewToken
from tests.support.people import Office

NOW = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def issue(office: Office, *scopes: Scope, purpose="Publishing system", at=NOW, days=30, by=None) -> NewToken:
    """Issue a token of an office, by its Head of Profession; it can read the calendar unless scopes are given."""
    return tokens.issue_token(
        office.producer,
        purpose=purpose,
        scopes=list(scopes or [Scope.READ_CALENDAR]),
        last_day=at.date() + timedelta(days=days),
        by=by or office.head,
        at=at,
    )
