"""Rename the models. Their tables keep their names, so the database does not change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("canary", "0001_schema")]

    operations = [
        migrations.AlterModelTable(name="rehearsed", table="canary_rehearsed"),
        migrations.RenameModel(old_name="Rehearsed", new_name="SyntheticCheck"),
        migrations.AlterModelTable(name="pulse", table="canary_pulse"),
        migrations.RenameModel(old_name="Pulse", new_name="Heartbeat"),
        migrations.AlterModelTable(name="illness", table="canary_illness"),
        migrations.RenameModel(old_name="Illness", new_name="Incident"),
        migrations.AlterModelOptions(name="incident", options={"ordering": ("-began_at", "-pk")}),
        migrations.AlterField(
            model_name="incident",
            name="observed_at",
            field=models.DateTimeField(help_text="When the problem was last observed."),
        ),
        migrations.AlterField(
            model_name="incident",
            name="why",
            field=models.JSONField(default=list, help_text="The problems, as they were when people were notified."),
        ),
    ]
