"""Notes for the timeline of a report; PostgreSQL itself refuses to change them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_timelinenote",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0015_joined_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TimelineNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("happened_at", models.DateTimeField()),
                ("written_at", models.DateTimeField()),
                ("role", models.CharField(max_length=20)),
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction",
                        to="breaches.timelinenote",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="timeline_notes", to="breaches.report"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("happened_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="a_note_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("happened_at__lte", models.F("written_at"))),
                        name="a_note_tells_of_what_has_happened",
                    ),
                ],
            },
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]
