"""On PostgreSQL the tables belong to a role that the processes do not have.

The roles are those of deploy/postgresql/create-roles.sh. Each command runs in its own process, with the rights of its
role. tests/integration/tampering/test_acts.py does the acts of the product with the rights of the processes.
"""

import re
from textwrap import dedent

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityConstraintViolation

from tests.integration.statsoffice.backup.commands import an_office_elsewhere, manage, script
from tests.servers.postgresql_cluster import DATABASE, OWNER, PROCESSES
from tests.servers.private_postgresql import private_cluster

pytestmark = pytest.mark.slow

# From a draft to a report that is approved, sent and redacted, and to bodies at the end of their retention.
A_MORNING = dedent("""
    from datetime import timedelta
    from breaches.rules.lifecycle import ReportStatus
    from releases.models import Body
    from releases.evidence import store
    from statsoffice import verification
    from statsoffice.redaction import redact
    from tests.support.people import AT, create_report, create_office
    from tests.support.factories import SeriesFactory, ReleaseFactory
    from tests.support.stored_checks import make_check, store_checks
    office = create_office()
    report = create_report(office, ReportStatus.CLOSED)
    redact(report, words="scheduler", why="A supplier is named.", by=office.head, at=AT + timedelta(days=9))
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer), reference="with-bodies")
    store_checks(make_check(release.addresses.get(), "not_live", b"not yet", at=-5))
    store.prune_bodies(now=AT + timedelta(days=400), retention=timedelta(days=1), needed=lambda _keys: ())
    assert [one.why for one in verification.check_evidence(now=AT) if one.why] == []
    print(report.status, Body.objects.count())
""")
A_FURTHER_CHECK = dedent("""
    from releases.models import Release
    from tests.support.factories import SEED_DUE
    from tests.support.observations import create_observation
    page = Release.objects.get(reference="with-bodies").addresses.get()
    print(create_observation(page, "live", at=SEED_DUE).position)
""")
# What a person with the password of the processes could try.
REFUSED = (
    "ALTER TABLE releases_observation DISABLE TRIGGER append_only",
    "ALTER TABLE releases_observation DISABLE TRIGGER ALL",
    "ALTER TABLE releases_observation ADD COLUMN note text",
    "ALTER TABLE releases_observation OWNER TO statsoffice",
    "DROP TRIGGER append_only ON releases_observation",
    "DROP TABLE releases_observation",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE RULE nothing AS ON INSERT TO releases_observation DO INSTEAD NOTHING",
    "DROP EXTENSION pg_trgm",
    "SET session_replication_role = replica",
    "SET ROLE statsoffice_owner",
    "SET SESSION AUTHORIZATION statsoffice_owner",
    "GRANT statsoffice_owner TO statsoffice",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER later BEFORE INSERT ON releases_observation FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TABLE public.releases_observation_of_mine (id bigint)",
    "SELECT setval(pg_get_serial_sequence('releases_observation', 'id'), 1)",
    "TRUNCATE releases_verification CASCADE",
    "UPDATE django_migrations SET name = name",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A PostgreSQL with both roles, and the tables of the owner in one database."""
    with private_cluster() as cluster:
        cluster.create(DATABASE)
        cluster.create_roles(DATABASE)
        folder = tmp_path_factory.mktemp("before")
        processes = an_office_elsewhere(cluster.url(DATABASE, role=PROCESSES), folder)
        refused = manage("migrate", environment=processes, fails=True)
        assert (
            f"The role {PROCESSES} cannot create tables in the database {DATABASE}. Set DATABASE_OWNER_URL" in refused
        )
        manage("migrate", "--verbosity=0", environment=processes | cluster.two_urls(DATABASE))
        yield cluster


@pytest.fixture
def processes(cluster, tmp_path):
    """The environment of the processes, which do not have the owner's URL."""
    return an_office_elsewhere(cluster.url(DATABASE, role=PROCESSES), tmp_path / "processes")


@pytest.fixture
def owner(cluster, processes):
    """The environment of a command that the owner runs."""
    return processes | cluster.two_urls(DATABASE)


def append_only(database):
    """The tables whose rows stay as they were written, each with the definition of its trigger."""
    found = database.execute(
        "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'append_only'"
    )
    return dict(found.fetchall())


def refusal(database, statement):
    """Why PostgreSQL refuses a statement, or nothing if it does not; nothing is changed either way."""
    try:
        with database.transaction(force_rollback=True):
            database.execute(statement)
    except psycopg.Error as fault:
        return f"{type(fault).__name__}: {fault}"
    return ""


def test_every_table_belongs_to_the_owner(cluster):
    with cluster.connect(DATABASE) as database:
        owners = database.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").fetchall()
        functions = database.execute("SELECT proname, proowner::regrole::text FROM pg_proc WHERE proname ~ '^refuse_'")
        assert owners == [(OWNER,)]
        assert sorted(functions) == [("refuse_change", OWNER), ("refuse_change_but_redaction", OWNER)]


def test_no_one_signs_in_as_the_superuser_over_the_network_and_both_roles_have_passwords(cluster):
    with cluster.connect(DATABASE) as database:
        found = database.execute("SELECT rolname FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY 1").fetchall()
    assert found == [(PROCESSES,), (OWNER,)]


def test_the_processes_cannot_change_tables_triggers_or_roles(cluster, subtests):
    with cluster.connect(DATABASE, role=PROCESSES) as database:
        for statement in REFUSED:
            with subtests.test(statement):
                assert refusal(database, statement).startswith("InsufficientPrivilege: ")


def test_the_processes_have_no_right_on_a_table_but_those_on_its_rows(cluster):
    with cluster.connect(DATABASE) as database:
        found = database.execute(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = %s", [PROCESSES]
        ).fetchall()
    assert {right for (right,) in found} == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_the_processes_cannot_change_delete_or_truncate_the_rows_of_append_only_tables(cluster, subtests):
    with cluster.connect(DATABASE, role=PROCESSES) as database:
        tables = append_only(database)
        assert len(tables) == 49
        for table, definition in tables.items():
            with subtests.test(table):
                denied = f"InsufficientPrivilege: permission denied for table {table}"
                overwritten = set(re.findall("'([a-z_]+)'", definition))
                for column in columns(database, table):
                    found = refusal(database, f'UPDATE {table} SET "{column}" = "{column}" WHERE false')  # noqa: S608
                    assert found == ("" if column in overwritten else denied), column
                deleted = denied if "DELETE" in definition else ""
                assert refusal(database, f"DELETE FROM {table} WHERE false") == deleted  # noqa: S608
                assert refusal(database, f"TRUNCATE {table} CASCADE") == denied


def columns(database, table):
    found = database.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [table])
    return [name for (name,) in found.fetchall()]


def test_the_owner_cannot_truncate_an_append_only_table_by_mistake(cluster, subtests):
    with cluster.connect(DATABASE, role=OWNER) as database:
        for table in append_only(database):
            with subtests.test(table):
                assert f"rows of {table} are kept" in refusal(database, f"TRUNCATE {table} CASCADE")


def test_migrate_fails_with_one_sentence_without_the_owner(processes):
    refused = manage("migrate", environment=processes, fails=True)
    assert refused.strip() == (
        f"CommandError: The tables belong to the role {OWNER}, and this command is connected as {PROCESSES}. "
        "Set DATABASE_OWNER_URL to connect as the owner (docs/operations/database-roles.md)."
    )


def test_migrate_refuses_an_owner_of_another_database_or_that_does_not_exist(cluster, owner):
    other = owner | {"DATABASE_OWNER_URL": cluster.url("postgres", role=OWNER)}
    assert "DATABASE_URL and DATABASE_OWNER_URL name different databases." in manage(
        "migrate", environment=other, fails=True
    )
    missing = owner | {"DATABASE_OWNER_URL": cluster.url(DATABASE, role="nobody_here")}
    refused = manage("migrate", environment=missing, fails=True)
    assert "We cannot connect to the database in DATABASE_OWNER_URL" in refused
    assert "Traceback" not in refused


def test_a_table_of_a_later_migration_can_be_read_and_added_to_at_once_and_changed_after_migrate(cluster, owner):
    with cluster.connect(DATABASE, role=OWNER) as tables, cluster.connect(DATABASE, role=PROCESSES) as rows:
        tables.execute("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
        tables.execute("GRANT TRUNCATE ON later TO statsoffice")  # an unnecessary right
        try:
            rows.execute("INSERT INTO later (word) VALUES ('one')")
            with pytest.raises(InsufficientPrivilege):
                rows.execute("UPDATE later SET word = 'two'")
            assert "No migrations to apply." in manage("migrate", environment=owner)
            assert rows.execute("UPDATE later SET word = 'two' RETURNING id").fetchall() == [(1,)]
            with pytest.raises(InsufficientPrivilege):
                rows.execute("TRUNCATE later")
        finally:
            tables.execute("DROP TABLE later")


def test_the_processes_do_their_work_and_what_they_wrote_is_backed_up_and_restored(cluster, processes, tmp_path):
    assert script(A_MORNING, environment=processes) == "closed 0"
    manage("backup", tmp_path / "backup", environment=processes)
    cluster.create("restored", owner=OWNER)
    restored = an_office_elsewhere(cluster.url("restored", role=PROCESSES), tmp_path / "restored")
    refused = manage("restore", tmp_path / "backup", environment=restored, fails=True)
    assert f"The role {PROCESSES} cannot create tables in the database restored." in refused
    both = restored | cluster.two_urls("restored")
    printed = manage("restore", tmp_path / "backup", environment=both)
    (rows,) = re.findall(r"releases\.observation: (\d+) rows, valid", printed)
    assert int(script(A_FURTHER_CHECK, environment=restored)) == int(rows) + 1
    with cluster.connect("restored", role=PROCESSES) as database:
        assert "permission denied" in refusal(database, "UPDATE releases_observation SET result = 'live'")
        assert "permission denied" in refusal(database, "TRUNCATE releases_observation")
    with cluster.connect("restored", role=OWNER) as database, pytest.raises(IntegrityConstraintViolation):
        database.execute("UPDATE releases_observation SET result = 'live'")


@pytest.mark.full
def test_one_role_does_everything_in_a_trial_until_its_tables_are_given_to_an_owner(cluster, tmp_path):
    cluster.create("trial", owner=PROCESSES)
    trial = an_office_elsewhere(cluster.url("trial", role=PROCESSES), tmp_path / "trial")
    manage("migrate", "--verbosity=0", environment=trial)
    assert script(A_MORNING, environment=trial) == "closed 0"
    with cluster.connect("trial") as database:
        database.execute(f"REASSIGN OWNED BY {PROCESSES} TO {OWNER}")
    assert f"The tables belong to the role {OWNER}" in manage("migrate", environment=trial, fails=True)
    manage("migrate", environment=trial | cluster.two_urls("trial"))
    assert int(script(A_FURTHER_CHECK, environment=trial)) > 1
    with cluster.connect("trial", role=PROCESSES) as database:
        assert "must be owner" in refusal(database, "ALTER TABLE releases_observation DISABLE TRIGGER ALL")
