"""Rename two models. Their tables keep their names, so the database does not change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_schema"), ("outbox", "0001_schema"), ("releases", "0001_schema")]

    operations = [
        migrations.AlterModelTable(name="toldsuspicion", table="outbox_toldsuspicion"),
        migrations.RenameModel(old_name="ToldSuspicion", new_name="NotifiedSuspicion"),
        migrations.AlterField(
            model_name="notifiedsuspicion",
            name="suspicion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notifications", to="breaches.suspicion"
            ),
        ),
        migrations.AlterModelTable(name="toldverdict", table="outbox_toldverdict"),
        migrations.RenameModel(old_name="ToldVerdict", new_name="NotifiedVerdict"),
        migrations.AlterField(
            model_name="notifiedverdict",
            name="verdict",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notifications", to="releases.verification"
            ),
        ),
    ]
