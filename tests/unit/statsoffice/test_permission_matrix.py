"""The one table of roles and actions: it says what the tables of the apps say, and the document says what it says."""

import pytest
from django.conf import settings

from breaches import permissions as breach_permissions
from breaches.rules.lifecycle import REPORT
from releases import permissions as release_permissions
from releases.rules.lifecycle import LEADS, RELEASE, Role
from statsoffice.accounts import permissions
from statsoffice.accounts import permissions as account_permissions
from statsoffice.management.commands.diagrams import list_permission_matrix
from tests.pages.access.expected import find_permitted_roles


def test_every_action_of_every_table_is_in_it_with_its_roles():
    tables = {
        "a release": release_permissions.TABLE,
        "a report": breach_permissions.TABLE,
        "a person": account_permissions.TABLE,
        "the audit trail": account_permissions.TRAIL_TABLE,
        "an API token": account_permissions.TOKEN_TABLE,
    }
    for subject, table in tables.items():
        assert {action: find_permitted_roles(subject, action) for action in table} == table


def test_every_move_that_a_person_makes_is_in_it_for_each_of_its_states():
    told = {(row.subject, row.action, state): row.roles for row in permissions.rows() for state in row.states}
    for subject, lifecycle in (("a release", RELEASE), ("a report", REPORT)):
        for move in lifecycle.moves:
            assert told[subject, move.name, move.source] == move.roles


def test_the_moves_of_the_system_alone_are_nobodys():
    assert all(row.roles for row in permissions.rows())


def test_the_publishing_team_writes_notes_on_a_report_or_deals_with_it_and_nothing_else():
    changes = {
        row.action
        for row in permissions.rows()
        if row.subject == "a report" and Role.PUBLISHING_TEAM in row.roles and row.action not in {"view"}
    }
    assert changes == {"write_note", "deal_with_it"}


def test_an_auditor_reads_and_changes_nothing():
    done = {row.action for row in permissions.rows() if Role.AUDITOR in row.roles}
    assert done == {"view", "export_evidence", "download", "read", "know_open_files"}


def test_what_no_table_says_is_an_error():
    with pytest.raises(LookupError, match="eat"):
        find_permitted_roles("a release", "eat")


@pytest.mark.parametrize("role", Role)
def test_the_person_who_decides_may_all_that_any_other_role_may_but_for_a_redaction_and_tokens(role):
    lacking = {
        (lead, row.action)
        for lead in LEADS
        for row in permissions.rows()
        if role in row.roles and lead not in row.roles
    }
    alone = {(Role.DEPUTY, "redact"), (Role.DEPUTY, "issue")}
    assert lacking == (alone if role is Role.HEAD_OF_PROFESSION else set())


def test_a_calendar_manager_may_not_all_that_a_statistician_may():
    assert not permissions.includes(Role.CALENDAR_MANAGER, Role.STATISTICIAN)


def test_the_document_tells_every_row():
    text = (settings.BASE_DIR / "docs" / "reference" / "roles.md").read_text()
    assert list_permission_matrix() in text
    assert list_permission_matrix().count("\n") == len(permissions.rows()) + 1
