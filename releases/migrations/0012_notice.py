"""Why a release was confirmed at short notice, and which series are market sensitive."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0011_corrected_reasons_and_delay_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalrelease",
            name="short_notice_reason",
            field=models.TextField(
                blank=True, editable=False, help_text="Why it was confirmed less than four weeks ahead; not public."
            ),
        ),
        migrations.AddField(
            model_name="historicalseries",
            name="market_sensitive",
            field=models.BooleanField(
                default=False,
                help_text="Confirming its dates less than six months ahead is advised against; it is not refused.",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="short_notice_reason",
            field=models.TextField(
                blank=True, editable=False, help_text="Why it was confirmed less than four weeks ahead; not public."
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="market_sensitive",
            field=models.BooleanField(
                default=False,
                help_text="Confirming its dates less than six months ahead is advised against; it is not refused.",
            ),
        ),
    ]
