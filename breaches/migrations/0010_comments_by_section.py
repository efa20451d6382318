"""A report is returned with comments by section; PostgreSQL itself refuses to change them."""

import django.db.models.deletion
from django.db import migrations, models

import breaches.core.remarks
from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_sectioncomment",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0009_own_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SectionComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(max_length=20)),
                ("words", models.TextField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="section_comments",
                        to="breaches.reportevent",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(fields=("event", "section"), name="one_comment_per_return_and_section"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "section__in",
                                [
                                    breaches.core.remarks.Section["CORE_INFORMATION"],
                                    breaches.core.remarks.Section["CIRCUMSTANCES"],
                                    breaches.core.remarks.Section["IMPACT"],
                                    breaches.core.remarks.Section["CORRECTIVE_ACTIONS"],
                                ],
                            )
                        ),
                        name="commented_section_is_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]
