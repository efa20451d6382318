"""Corrective actions as rows beside the narrative of a report."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import breaches.core.status


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0017_person_dealing"),
        ("releases", "0022_release_tasks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CorrectiveAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("term", models.CharField(choices=[("short", "Short-term"), ("long", "Long-term")], max_length=10)),
                ("owner", models.CharField(max_length=200)),
                ("due", models.DateField(null=True)),
                ("added_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="breaches.report"
                    ),
                ),
                (
                    "task",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrective_action",
                        to="releases.releasetask",
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="an_action_says_what_is_done"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("term__in", [breaches.core.status.Term["SHORT"], breaches.core.status.Term["LONG"]])
                        ),
                        name="term_of_an_action_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_action_that_is_done_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("task__isnull", True), ("done_at__isnull", True), _connector="OR"),
                        name="a_task_is_done_where_it_stands",
                    ),
                ],
            },
        ),
    ]
