"""Reports about a training, which are never sent."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0008_attachments"),
        ("releases", "0013_trainings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="training",
            field=models.ForeignKey(
                editable=False,
                help_text="The training that it is about. It is never sent.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="releases.training",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("training__isnull", True),
                    models.Q(
                        ("rehearsal", True), models.Q(("status__in", ["sent", "closed", "withdrawn"]), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="no_training_is_sent",
            ),
        ),
    ]
