"""A new migration lets the version before go on working while it is applied: it adds, and takes nothing away.

New is what the archive of the version before (tests/upgrade/) does not name. docs/upgrading.md says why and how.
"""

import json
import zipfile
from pathlib import Path

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

pytestmark = pytest.mark.both_databases

OUR_APPS = {"accounts", "releases", "breaches", "outbox", "canary"}
ARCHIVES = Path(__file__).parent / "upgrade"
TAKING_AWAY = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
CONTRACT = "_contract_"


def version_of(path):
    """The version in an archive's name, as numbers."""
    return tuple(int(part) for part in path.stem.removeprefix("from_").split("."))


def known_before():
    """The migrations of the version before, by app and name."""
    newest = max(ARCHIVES.glob("from_*.zip"), key=version_of)
    with zipfile.ZipFile(newest) as archive:
        return {(app, name) for app, name in json.loads(archive.read("manifest.json"))["migrations"]}


def faults_of(migration, *, before):
    """Say what in a migration the version before could not live with, while both run."""
    contract = CONTRACT in f"_{migration.name}_"
    if not migration.atomic:
        yield "it is not atomic, so that a restore, which is one transaction, could not run it"
    for operation in migration.operations:
        name = type(operation).__name__
        if isinstance(operation, TAKING_AWAY) and not contract:
            yield f"{name} takes away or renames what the version before uses"
        if isinstance(operation, operations.AddField) and must_be_given(operation.field):
            yield f"{name} {operation.name}: the version before writes rows without it, so it needs db_default or null"
        if isinstance(operation, operations.AlterField) and not contract and asks_more(migration, operation, before):
            yield f"{name} {operation.name}: only a contract may ask more of a column that is there"


def asks_more(migration, operation, before):
    """Whether a column takes less than it took: what must be given now, or is shorter."""
    models_before = before(migration).models
    was = models_before[(migration.app_label, operation.model_name_lower)].fields[operation.name]
    shorter = (operation.field.max_length or 0) < (was.max_length or 0)
    return shorter or (must_be_given(operation.field) and not must_be_given(was))


def state_before(migration):
    """The models as they are before one of our own migrations."""
    return MigrationLoader(None).project_state((migration.app_label, migration.name), at_end=False)


def must_be_given(field):
    """Whether a row that does not name the field is refused by the database."""
    written_by_nobody = isinstance(field, models.ManyToManyField) or field.primary_key
    return not (written_by_nobody or field.null or field.db_default is not NOT_PROVIDED)


def test_migrations_since_the_version_before_add_and_take_nothing_away():
    before = known_before()
    assert before
    new = [
        migration
        for key, migration in MigrationLoader(None).disk_migrations.items()
        if key[0] in OUR_APPS and key not in before
    ]
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


def test_a_contract_takes_away_what_the_version_before_no_longer_uses():
    assert list(faults_of(a_migration(REFUSED["a-column-gone"], name="0099_contract_cause"), before=as_it_is)) == []


def test_a_migration_outside_a_transaction_is_refused():
    assert list(faults_of(a_migration(atomic=False), before=as_it_is))
