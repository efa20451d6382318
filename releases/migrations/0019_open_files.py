"""Checks of dummy files: authorised hosts, files, checks, results and remedies, with their append-only triggers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By table: the columns that a redaction may overwrite, if any.
TABLES = {
    "releases_hostauthorisation": ("owner_name", "erased_at"),
    "releases_dummyfile": (),
    "releases_openfilecheck": (),
    "releases_openfilefinding": (),
    "releases_openfileremedy": (),
}


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the functions."""
    if schema_editor.connection.vendor == "postgresql":
        for table, overwritten in TABLES.items():
            columns = ", ".join(f"'{column}'" for column in overwritten)
            function = f"refuse_change_but_redaction({columns})" if columns else "refuse_change()"
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                f"FOR EACH ROW EXECUTE FUNCTION {function}"
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0018_year_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DummyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True)),
                ("token", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dummy_files", to="releases.series"
                    ),
                ),
            ],
            options={
                "verbose_name": "dummy file",
                "verbose_name_plural": "dummy files",
                "ordering": ("-made_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="HostAuthorisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(help_text="With the port, if it is not the usual one.", max_length=255)),
                ("number", models.PositiveIntegerField(help_text="Of the rows of one producer and host.")),
                (
                    "kind",
                    models.CharField(
                        choices=[("recorded", "Recorded"), ("withdrawn", "Withdrawn")],
                        default="recorded",
                        max_length=10,
                    ),
                ),
                ("owner_name", models.CharField(blank=True, max_length=200)),
                ("owner_post", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("authorised_on", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="host_authorisations",
                        to="releases.producer",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "authorised host",
                "verbose_name_plural": "authorised hosts",
                "ordering": ("producer", "host", "number"),
            },
        ),
        migrations.CreateModel(
            name="OpenFileCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_url", models.URLField(max_length=1000)),
                ("page_url", models.URLField(blank=True, max_length=1000)),
                ("requested_at", models.DateTimeField()),
                (
                    "dummy_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="releases.dummyfile"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "check of a dummy file",
                "verbose_name_plural": "checks of dummy files",
                "ordering": ("-requested_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="OpenFileFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.CharField(choices=[("file", "File"), ("page", "Page")], max_length=10)),
                ("url", models.URLField(max_length=1000)),
                (
                    "result",
                    models.CharField(
                        choices=[("open", "Open"), ("not_open", "Not open"), ("not_known", "Not known")], max_length=10
                    ),
                ),
                ("sign", models.CharField(max_length=20)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("failure", models.CharField(blank=True, max_length=30)),
                ("sent_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("body_sha256", models.CharField(blank=True, max_length=64)),
                ("vantage", models.CharField(blank=True, max_length=100)),
                ("recorded_at", models.DateTimeField()),
                (
                    "authorisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.hostauthorisation",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="releases.openfilecheck",
                    ),
                ),
            ],
            options={
                "verbose_name": "result of a dummy file",
                "verbose_name_plural": "results of dummy files",
                "ordering": ("request", "target"),
            },
        ),
        migrations.CreateModel(
            name="OpenFileRemedy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("restricted", "Access to the folder or page is restricted now"),
                            ("other_place", "The files will be put in another place, or later"),
                            ("setting", "A setting of the server or the publishing system was changed"),
                            ("other", "Something else was done"),
                        ],
                        max_length=20,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "dummy_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remedies", to="releases.dummyfile"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "remedy of an open file",
                "verbose_name_plural": "remedies of open files",
                "ordering": ("-recorded_at", "-pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="hostauthorisation",
            constraint=models.UniqueConstraint(
                fields=("producer", "host", "number"), name="one_host_authorisation_per_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="hostauthorisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("authorised_on__isnull", False),
                        ("kind", "recorded"),
                        models.Q(("owner_post", ""), _negated=True),
                        models.Q(("reference", ""), _negated=True),
                    ),
                    models.Q(
                        ("authorised_on__isnull", True),
                        ("kind", "withdrawn"),
                        ("owner_name", ""),
                        ("owner_post", ""),
                        ("reference", ""),
                    ),
                    _connector="OR",
                ),
                name="host_authorisation_says_who_gave_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="openfilecheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_url", ""), _negated=True), name="open_file_check_has_an_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="openfilefinding",
            constraint=models.UniqueConstraint(fields=("request", "target"), name="one_open_file_finding_per_address"),
        ),
        migrations.AddConstraint(
            model_name="openfilefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", True), ("sent_at__isnull", True)),
                    models.Q(
                        ("authorisation__isnull", False),
                        ("completed_at__gte", models.F("sent_at")),
                        ("sent_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="open_file_request_was_authorised",
            ),
        ),
        migrations.AddConstraint(
            model_name="openfilefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("result", "not_known"),
                    models.Q(("result", "not_open"), ("status__isnull", False)),
                    models.Q(("result", "open"), ("sign__in", ["token", "file_name"]), ("status__isnull", False)),
                    _connector="OR",
                ),
                name="open_file_result_has_an_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="openfilefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("body_sha256", ""), ("sign", "token"), _connector="OR"),
                name="open_file_digest_is_of_the_token",
            ),
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
