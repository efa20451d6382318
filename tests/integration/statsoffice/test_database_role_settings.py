"""An office is warned before it opens that its processes could change the record, and rights wait for a vacuum."""

import os

import pytest
from django.core.checks import run_checks
from django.db import OperationalError, connection, transaction

from statsoffice.database import grant_rights
from tests.support.processes_role import ROLE, take_rights_of_processes

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OTHER, MEMBER = f"other_of_test_{os.getpid()}", f"member_of_test_{os.getpid()}"


def warnings(sign_in_as=""):
    """What check --deploy says about roles, by its identifier."""
    if sign_in_as:
        run(f"SET LOCAL SESSION AUTHORIZATION {sign_in_as}")
    found = {message.id: message.msg for message in run_checks(include_deployment_checks=True)}
    return {name: found[name] for name in ("statsoffice.W003", "statsoffice.W004") if name in found}


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_file_has_no_roles_and_a_superuser_is_named():
    said = "The processes connect to the database as postgres, which is a superuser, so they could change the record."
    assert warnings() == ({"statsoffice.W003": said} if connection.vendor == "postgresql" else {})


def test_an_owners_url_that_every_process_would_have_is_named(settings):
    settings.DATABASE_OWNER = {"USER": "owner"}
    assert ("statsoffice.W004" in warnings()) is (connection.vendor == "postgresql")


@pytest.mark.postgresql_only
@pytest.mark.parametrize(
    ("made", "why"),
    [
        pytest.param((f"ALTER TABLE releases_release OWNER TO {OTHER}",), "which owns the tables", id="an-owner"),
        pytest.param((f"GRANT ALL ON releases_release TO {OTHER}",), "which can truncate tables", id="every-right"),
    ],
)
def test_a_role_with_rights_on_a_whole_table_is_named(made, why):
    run(f"CREATE ROLE {OTHER}", *made)
    assert why in warnings(sign_in_as=OTHER)["statsoffice.W003"]


@pytest.mark.postgresql_only
def test_a_member_of_the_owner_is_named():
    run(f"CREATE ROLE {OTHER}", f"ALTER TABLE releases_release OWNER TO {OTHER}")
    run(f"CREATE ROLE {MEMBER} NOINHERIT", f"GRANT {OTHER} TO {MEMBER}")
    assert f"{MEMBER}, which owns the tables" in warnings(sign_in_as=MEMBER)["statsoffice.W003"]


def test_nothing_is_said_against_a_role_with_the_rights_of_the_processes():
    take_rights_of_processes()
    assert warnings(sign_in_as=ROLE if connection.vendor == "postgresql" else "") == {}


@pytest.mark.postgresql_only
def test_the_rights_on_a_table_wait_for_its_vacuum_which_updates_the_same_row_of_the_catalogue():
    run(f"CREATE ROLE {OTHER}")
    vacuum = connection.copy()
    try:
        with vacuum.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE releases_release IN SHARE UPDATE EXCLUSIVE MODE")
        run("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            grant_rights(OTHER)
    finally:
        vacuum.close()
    grant_rights(OTHER)
