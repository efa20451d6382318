"""Which suspicions a message told of: one message may tell of several."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0018_corrective_actions"),
        ("outbox", "0003_channels_and_what_messages_are_about"),
    ]

    operations = [
        migrations.CreateModel(
            name="ToldSuspicion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tellings", to="breaches.suspicion"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "indexes": [models.Index(fields=["at"], name="suspicions_told_lately")],
                "constraints": [
                    models.UniqueConstraint(fields=("suspicion", "event"), name="a_message_tells_of_a_suspicion_once")
                ],
            },
        ),
    ]
