"""Reports are made public by a step of their own; PostgreSQL itself refuses to change what was made public."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_published",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0018_corrective_actions"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Published",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("statement", models.JSONField()),
                ("statement_sha256", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="published_statements",
                        to="breaches.report",
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
            },
        ),
        migrations.AddField(
            model_name="report",
            name="published",
            field=models.ForeignKey(
                editable=False,
                help_text="What is public of it, as long as its version stands.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="breaches.published",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("rehearsal", False), ("published__isnull", True), _connector="OR"),
                name="no_rehearsal_is_published",
            ),
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]
