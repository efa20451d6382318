"""Rename two models and their columns. Tables and columns keep their names, so the database does not change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_schema")]

    operations = [
        migrations.AlterModelTable(name="watch", table="releases_watch"),
        migrations.RenameModel(old_name="Watch", new_name="CheckSchedule"),
        migrations.AlterField(
            model_name="checkschedule",
            name="address",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="schedule", to="releases.address"
            ),
        ),
        migrations.AlterField(
            model_name="checkschedule",
            name="live_since",
            field=models.DateTimeField(
                help_text="When a check first found it live since it was due. From then on we check it less often.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="checkschedule",
            name="next_look_at",
            field=models.DateTimeField(
                db_column="next_look_at", db_index=True, help_text="Empty once monitoring has ended.", null=True
            ),
        ),
        migrations.RenameField(model_name="checkschedule", old_name="next_look_at", new_name="next_check_at"),
        migrations.AlterModelTable(name="keptbody", table="releases_keptbody"),
        migrations.RenameModel(old_name="KeptBody", new_name="StoredBody"),
        migrations.AlterField(
            model_name="storedbody",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stored_bodies", to="releases.release"
            ),
        ),
        migrations.AlterField(
            model_name="storedbody",
            name="look",
            field=models.ForeignKey(
                db_column="look_id",
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="releases.observation",
            ),
        ),
        migrations.RenameField(model_name="storedbody", old_name="look", new_name="observation"),
        migrations.AlterField(model_name="storedbody", name="kept_at", field=models.DateTimeField(db_column="kept_at")),
        migrations.RenameField(model_name="storedbody", old_name="kept_at", new_name="stored_at"),
        migrations.AlterModelOptions(
            name="storedbody",
            options={
                "ordering": ("release", "schedule_version", "address", "observation"),
                "verbose_name_plural": "stored bodies",
            },
        ),
    ]
