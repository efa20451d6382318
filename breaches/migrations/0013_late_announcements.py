"""Reports about an announcement that was late or missing."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0012_yearly_tables"),
        ("releases", "0021_phone_and_brief"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="report",
            name="report_kind_is_known",
        ),
        migrations.AlterField(
            model_name="report",
            name="kind",
            field=models.CharField(
                choices=[
                    ("late", "Late"),
                    ("early", "Early"),
                    ("partial", "Incomplete"),
                    ("not_live", "Not live at all"),
                    ("wrong_content", "Wrong content"),
                    ("pra", "Pre-release access"),
                    ("access", "Access before release"),
                    ("leak", "Leak"),
                    ("not_announced", "Not announced"),
                    ("late_announcement", "Announcement late or missing"),
                    ("used_in_public", "Unpublished figures used in public"),
                    ("unequal_access", "Unequal access"),
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
                            "late",
                            "early",
                            "partial",
                            "not_live",
                            "wrong_content",
                            "pra",
                            "access",
                            "leak",
                            "not_announced",
                            "late_announcement",
                            "used_in_public",
                            "unequal_access",
                            "other",
                        ],
                    )
                ),
                name="report_kind_is_known",
            ),
        ),
    ]
