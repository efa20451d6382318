"""The tables of self-monitoring."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("step", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField(null=True)),
                ("begun_by", models.CharField(blank=True, max_length=100)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "canary_pulse",
            },
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("observed_at", models.DateTimeField(help_text="When the problem was last observed.")),
                ("alarmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("is_open", models.BooleanField(default=True)),
                (
                    "why",
                    models.JSONField(
                        default=list, help_text="The problems, as they were last observed or when people were notified."
                    ),
                ),
            ],
            options={
                "db_table": "canary_illness",
                "ordering": ("-began_at", "-pk"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_open", True)), fields=("is_open",), name="one_illness_is_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("is_open", True)),
                            models.Q(("ended_at__gte", models.F("began_at")), ("is_open", False)),
                            _connector="OR",
                        ),
                        name="illness_is_open_until_it_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyntheticCheck",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                (
                    "expected",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("on_time", "on time"),
                            ("early", "early"),
                            ("late", "late"),
                            ("not_seen", "not live when last checked"),
                            ("partial", "incomplete"),
                            ("uncertain", "uncertain"),
                            ("cannot_tell", "cannot tell"),
                        ],
                        max_length=12,
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("live_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("right", models.BooleanField(null=True)),
                (
                    "found",
                    models.CharField(
                        blank=True,
                        help_text="Empty until the self-test is finished, or if it ended with an error.",
                        max_length=12,
                    ),
                ),
                ("last_not_live_at", models.DateTimeField(null=True)),
                ("first_live_at", models.DateTimeField(null=True)),
                ("reasons", models.JSONField(default=list)),
                ("clock_off", models.BooleanField(default=False)),
                ("clock_voucher", models.CharField(blank=True, max_length=10)),
            ],
            options={
                "db_table": "canary_rehearsed",
                "ordering": ("-number",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("right__isnull", True)),
                            models.Q(("finished_at__isnull", False), ("right__isnull", False)),
                            _connector="OR",
                        ),
                        name="rehearsed_is_right_or_wrong_once_finished",
                    )
                ],
            },
        ),
    ]
