"""Trainings, and the rehearsals that are a part of one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0012_welsh_titles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("planned_at", models.DateTimeField()),
                ("participants", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="The version of the list of participants."),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trainings", to="releases.producer"
                    ),
                ),
            ],
            options={
                "verbose_name": "training",
                "verbose_name_plural": "trainings",
                "ordering": ("-planned_at", "-pk"),
            },
        ),
        migrations.AddField(
            model_name="historicalrelease",
            name="training",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The training of which this rehearsal is a part.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="releases.training",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="training",
            field=models.ForeignKey(
                editable=False,
                help_text="The training of which this rehearsal is a part.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rehearsals",
                to="releases.training",
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.CheckConstraint(
                condition=models.Q(("training__isnull", True), ("rehearsal", True), _connector="OR"),
                name="training_is_a_rehearsal",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="training_has_a_title"
            ),
        ),
    ]
