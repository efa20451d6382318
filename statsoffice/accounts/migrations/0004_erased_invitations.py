"""Name and address go from an invitation at the end of their time; when, stands in the row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_cache_table")]
    operations = [
        migrations.AddField(
            model_name="invitation",
            name="erased_at",
            field=models.DateTimeField(
                editable=False,
                help_text="At the end of their time.",
                null=True,
                verbose_name="name and address removed at",
            ),
        ),
    ]
