"""Which release was planned after which one of the year before: nothing is planned twice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0019_vague_dates_by_month"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalrelease",
            name="planned_from",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                help_text="The release of the year before after which this one was planned.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="releases.release",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="planned_from",
            field=models.OneToOneField(
                editable=False,
                help_text="The release of the year before after which this one was planned.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="planned_next",
                to="releases.release",
            ),
        ),
    ]
