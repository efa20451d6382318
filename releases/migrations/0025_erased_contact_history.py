"""A contact's history says which details were removed from it at the end of their time, and when."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0024_redacted_words")]
    operations = [
        migrations.AddField(
            model_name="historicalcontact",
            name="erased",
            field=models.JSONField(
                editable=False, help_text="When which details were removed at the end of their time.", null=True
            ),
        ),
    ]
