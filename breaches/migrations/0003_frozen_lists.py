"""The lists behind the figures of an approved compliance table. Tables that were approved before have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("breaches", "0002_code_of_practice")]
    operations = [
        migrations.AddField(
            model_name="compliancedocument",
            name="lists",
            field=models.BinaryField(
                help_text="The compressed lists behind the figures. The field ‘content’ has the digest of the lists.",
                null=True,
            ),
        )
    ]
