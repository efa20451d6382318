"""Migrations are reversible, import no module that can move, and let the previous version work while they are applied.

docs/reference/migrations.md states the reasons and the rules.
"""

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.writer import MigrationWriter
from django.db.models import NOT_PROVIDED

from breaches.models import Edition, Practice
from breaches.rules.lifecycle import ReportStatus
from tests.servers.private_postgresql import private_cluster

OUR_APPS = {"accounts", "audit", "releases", "breaches", "office_api", "outbox", "canary", "webhooks"}
# The migrations of the last version. Add those of each new version when it is released: a later migration must let that
# version work.
RELEASED = {
    ("accounts", "0001_schema"),
    ("accounts", "0002_invitation"),
    ("audit", "0001_schema"),
    ("breaches", "0001_schema"),
    ("breaches", "0002_code_of_practice"),
    ("canary", "0001_schema"),
    ("office_api", "0001_schema"),
    ("outbox", "0001_schema"),
    ("releases", "0001_schema"),
    ("webhooks", "0001_schema"),
}
# Packages whose modules keep their names. A migration stays as it is while our own modules move.
STABLE = {"django", "simple_history"}
CONTRACT = "_contract_"


def our_migrations():
    """The migrations of our apps, by app and name."""
    loader = MigrationLoader(None)
    return {key: migration for key, migration in loader.disk_migrations.items() if key[0] in OUR_APPS}


def imported_packages(module):
    for node in ast.walk(ast.parse(Path(import_module(module).__file__).read_text())):
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom():
                yield (node.module or ".").partition(".")[0]
            case ast.Call(func=ast.Name("import_module") | ast.Attribute(attr="import_module")):
                yield ast.unparse(node)


def test_migrations_import_no_module_that_can_move():
    allowed = STABLE | sys.stdlib_module_names
    moving = {key: set(imported_packages(m.__module__)) - allowed for key, m in our_migrations().items()}
    assert {key: packages for key, packages in moving.items() if packages} == {}


def test_migrations_store_enums_by_value():
    assert MigrationWriter.serialize(ReportStatus.DRAFT) == ("'draft'", set())


# Prints the schema after `migrate`, the rest of it after the reverse, and the schema after `migrate` again.
THERE_AND_BACK = dedent("""
    import json
    from django.core.management import call_command
    from django.db import connection
    SQLITE = "SELECT type, name, sql FROM sqlite_master"
    POSTGRESQL = '''
        SELECT 'column', c.oid::regclass || '.' || attname, format_type(atttypid, atttypmod) || attnotnull
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE NOT tgisinternal
        UNION SELECT 'function', proname, prosrc FROM pg_proc
            JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'public'::regnamespace AND lanname = 'plpgsql'
    '''
    def schema():
        with connection.cursor() as cursor:
            cursor.execute(SQLITE if connection.vendor == "sqlite" else POSTGRESQL)
            return sorted(map(str, cursor.fetchall()))
    call_command("migrate", verbosity=0)
    before = schema()
    call_command("migrate", "accounts", "zero", verbosity=0)
    call_command("migrate", "canary", "zero", verbosity=0)
    between = schema()
    call_command("migrate", verbosity=0)
    print(json.dumps([before, between, schema()]))
""")


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_migration_is_reversible(kind, tmp_path):
    if kind == "sqlite":
        before, between, after = there_and_back(f"sqlite:///{tmp_path}/reversed.sqlite3", tmp_path)
    else:
        with private_cluster() as cluster:
            cluster.create("reversed")
            before, between, after = there_and_back(cluster.url("reversed"), tmp_path)
    ours = (*(f"{app}_" for app in OUR_APPS), settings.CACHES["default"]["LOCATION"], "refuse_change", "append_only")
    assert [line for line in between if any(name in line for name in ours)] == []
    assert before == after


def there_and_back(database_url, folder):
    """Run THERE_AND_BACK on an empty database."""
    run = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", THERE_AND_BACK],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url, "STATSOFFICE_VAR": str(folder)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(run.stdout)


@pytest.mark.django_db
def test_the_group_of_administrators_is_removed_and_added_again():
    def group():
        return set(Group.objects.values_list("name", "permissions__name", "permissions__codename"))

    migration = import_module("statsoffice.accounts.migrations.0002_invitation")
    before = group()
    migration.remove_groups(apps, None)
    assert not Group.objects.exists()
    migration.create_groups(apps, None)
    assert ("Administrators", "Can delete email address", "delete_emailaddress") in before
    assert group() == before


@pytest.mark.django_db
def test_the_code_of_practice_is_removed_and_added_again():
    def code():
        return set(
            Practice.objects.values_list("edition__number", "edition__in_force_from", "code", "wording", "settled_at")
        )

    migration = import_module("breaches.migrations.0002_code_of_practice")
    before = code()
    migration.remove_code(apps, None)
    assert not Edition.objects.exists()
    migration.add_code(apps, None)
    assert len(before) == 61
    assert code() == before


def faults_of(migration, *, before):
    """Say what in a migration the version before could not live with, while both run."""
    contract = CONTRACT in f"_{migration.name}_"
    if not migration.atomic:
        yield "it is not atomic: if it fails, part of the schema stays changed"
    state = before(migration)
    for operation in migration.operations:
        name, columns = type(operation).__name__, columns_of(state)
        asks_more = isinstance(operation, operations.AlterField) and takes_less(operation, migration.app_label, state)
        operation.state_forwards(migration.app_label, state)
        if (gone := columns - columns_of(state)) and not contract:
            yield f"{name} takes away or renames what the version before uses: {sorted(gone)}"
        if isinstance(operation, operations.AddField) and must_be_given(operation.field):
            yield f"{name} {operation.name}: the version before writes rows without it, so it needs db_default or null"
        if asks_more and not contract:
            yield f"{name} {operation.name}: only a contract may ask more of a column that is there"


def columns_of(state):
    """Return the table and column of every field."""
    return {
        (
            model.options.get("db_table") or f"{app}_{model_name}",
            field.db_column or (f"{name}_id" if isinstance(field, models.ForeignKey) else name),
        )
        for (app, model_name), model in state.models.items()
        for name, field in model.fields.items()
    }


def takes_less(operation, app, state):
    """Whether a column takes less than it took: what must be given now, or is shorter."""
    was = state.models[(app, operation.model_name_lower)].fields[operation.name]
    shorter = (operation.field.max_length or 0) < (was.max_length or 0)
    return shorter or (must_be_given(operation.field) and not must_be_given(was))


def state_before(migration):
    """The models as they are before one of our own migrations."""
    return MigrationLoader(None).project_state((migration.app_label, migration.name), at_end=False)


def must_be_given(field):
    """Whether a row that does not name the field is refused by the database."""
    written_by_nobody = isinstance(field, models.ManyToManyField) or field.primary_key
    return not (written_by_nobody or field.null or field.db_default is not NOT_PROVIDED)


def test_migrations_since_the_last_version_add_and_take_nothing_away():
    migrations = our_migrations()
    assert set(migrations) >= RELEASED
    new = [migration for key, migration in migrations.items() if key not in RELEASED]
    assert {
        str(migration): faults for migration in new if (faults := list(faults_of(migration, before=state_before)))
    } == {}


FIELD = models.CharField(max_length=10)
DEFAULT = models.CharField(max_length=10, default="")
REFUSED = {
    "a-table-gone": operations.DeleteModel("Report"),
    "a-column-gone": operations.RemoveField("report", "cause"),
    "a-column-renamed": operations.RenameField("report", "cause", "why"),
    "a-table-renamed": operations.RenameModel("Report", "Account"),
    "a-column-that-must-be-given": operations.AddField("report", "mood", FIELD),
    "a-default-that-only-python-knows": operations.AddField("report", "mood", DEFAULT),
    "a-column-that-was-optional": operations.AlterField("report", "decided_at", models.DateTimeField()),
    "a-shorter-column": operations.AlterField("report", "cause", FIELD),
}
ALLOWED = {
    "a-new-table": operations.CreateModel("Mood", [("id", models.BigAutoField(primary_key=True))]),
    "an-optional-column": operations.AddField("report", "mood", models.CharField(max_length=10, null=True)),
    "a-default-of-the-database": operations.AddField("report", "mood", models.CharField(max_length=10, db_default="")),
    "a-longer-column": operations.AlterField("report", "cause", models.CharField(max_length=200)),
    "a-new-index": operations.AddIndex("report", models.Index(fields=["cause"], name="report_by_cause")),
}


def as_it_is(_migration):
    """The models as they are now."""
    return MigrationLoader(None).project_state()


def a_migration(*changes, name="0099_mood", atomic=True):
    migration = Migration(name, "breaches")
    migration.operations, migration.atomic = list(changes), atomic
    return migration


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_version_before_could_not_live_with_is_refused(change):
    assert list(faults_of(a_migration(change), before=as_it_is))


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_only_adds_is_taken(change):
    assert list(faults_of(a_migration(change), before=as_it_is)) == []


def test_a_class_or_field_is_renamed_if_the_table_or_column_keeps_its_name():
    table = operations.AlterModelTable("report", "breaches_report"), operations.RenameModel("Report", "Account")
    named = models.CharField(max_length=20, blank=True, db_column="cause")
    column = operations.AlterField("account", "cause", named), operations.RenameField("account", "cause", "reason")
    assert list(faults_of(a_migration(*table, *column), before=as_it_is)) == []


def test_a_contract_takes_away_what_the_version_before_no_longer_uses():
    assert list(faults_of(a_migration(REFUSED["a-column-gone"], name="0099_contract_cause"), before=as_it_is)) == []


def test_a_migration_outside_a_transaction_is_refused():
    assert list(faults_of(a_migration(atomic=False), before=as_it_is))
