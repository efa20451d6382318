"""Every kind of breach that published reports show; the kinds of reports are held to the list."""

from django.conf import settings
from django.db import migrations, models

import breaches.status


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0012_exported_registers"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="report",
            name="kind",
            field=models.CharField(
                choices=[
                    ("late", "Late"),
                    ("early", "Early"),
                    ("partial", "In part only"),
                    ("not_live", "Not live at all"),
                    ("wrong_content", "Wrong content"),
                    ("pra", "Pre-release access"),
                    ("access", "Access before release"),
                    ("leak", "Leak"),
                    ("not_announced", "Not announced"),
                    ("used_in_public", "Unpublished figures used in public"),
                    ("other", "Another kind of breach"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            breaches.status.Kind["LATE"],
                            breaches.status.Kind["EARLY"],
                            breaches.status.Kind["PARTIAL"],
                            breaches.status.Kind["NOT_LIVE"],
                            breaches.status.Kind["WRONG_CONTENT"],
                            breaches.status.Kind["PRA"],
                            breaches.status.Kind["ACCESS"],
                            breaches.status.Kind["LEAK"],
                            breaches.status.Kind["NOT_ANNOUNCED"],
                            breaches.status.Kind["USED_IN_PUBLIC"],
                            breaches.status.Kind["OTHER"],
                        ],
                    )
                ),
                name="report_kind_is_known",
            ),
        ),
    ]
