"""Who is dealing with a suspected breach, and since when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0016_timeline_notes"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="dealing_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="person_dealing",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dealing_since__isnull", True), ("person_dealing__isnull", True)),
                    models.Q(("dealing_since__isnull", False), ("person_dealing__isnull", False)),
                    _connector="OR",
                ),
                name="who_deals_with_a_report_does_so_since_a_time",
            ),
        ),
    ]
