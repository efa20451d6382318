"""Every kind of breach that published reports show; the kinds of reports are held to the list."""

from django.conf import settings
from django.db import migrations, models

import breaches.core.status


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
                            breaches.core.status.Kind["LATE"],
                            breaches.core.status.Kind["EARLY"],
                            breaches.core.status.Kind["PARTIAL"],
                            breaches.core.status.Kind["NOT_LIVE"],
                            breaches.core.status.Kind["WRONG_CONTENT"],
                            breaches.core.status.Kind["PRA"],
                            breaches.core.status.Kind["ACCESS"],
                            breaches.core.status.Kind["LEAK"],
                            breaches.core.status.Kind["NOT_ANNOUNCED"],
                            breaches.core.status.Kind["USED_IN_PUBLIC"],
                            breaches.core.status.Kind["OTHER"],
                        ],
                    )
                ),
                name="report_kind_is_known",
            ),
        ),
    ]
