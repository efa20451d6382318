"""Reports that a recipient of pre-release access starts by reporting a possible disclosure."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0009_trainings"),
        ("releases", "0016_handling_receipts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="startedreport",
            name="receipt",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="started_report",
                to="releases.accessreceipt",
            ),
        ),
        migrations.AlterField(
            model_name="startedreport",
            name="started_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="startedreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("receipt__isnull", True), ("started_by__isnull", False)),
                    models.Q(("receipt__isnull", False), ("started_by__isnull", True)),
                    _connector="OR",
                ),
                name="started_by_a_user_or_a_recipient",
            ),
        ),
    ]
