"""Names of models and fields, help and messages in the words of the admin site; no column changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0005_early_releases"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="dispatch",
            options={"ordering": ("at", "pk"), "verbose_name": "sent report", "verbose_name_plural": "sent reports"},
        ),
        migrations.AlterModelOptions(
            name="edition",
            options={
                "ordering": ("in_force_from",),
                "verbose_name": "edition of the Code",
                "verbose_name_plural": "editions of the Code",
            },
        ),
        migrations.AlterModelOptions(
            name="historicaledition",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical edition of the Code",
                "verbose_name_plural": "historical editions of the Code",
            },
        ),
        migrations.AlterModelOptions(
            name="historicalpractice",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical practice of the Code",
                "verbose_name_plural": "historical practices of the Code",
            },
        ),
        migrations.AlterModelOptions(
            name="joineddraft",
            options={
                "ordering": ("at", "pk"),
                "verbose_name": "combined draft",
                "verbose_name_plural": "combined drafts",
            },
        ),
        migrations.AlterModelOptions(
            name="ownact",
            options={
                "ordering": ("at", "pk"),
                "verbose_name": "conflict of interest",
                "verbose_name_plural": "conflicts of interest",
            },
        ),
        migrations.AlterModelOptions(
            name="practice",
            options={
                "ordering": ("edition", "id"),
                "verbose_name": "practice of the Code",
                "verbose_name_plural": "practices of the Code",
            },
        ),
        migrations.AlterModelOptions(
            name="published",
            options={
                "ordering": ("at", "pk"),
                "verbose_name": "published breach report",
                "verbose_name_plural": "published breach reports",
            },
        ),
        migrations.AlterModelOptions(
            name="registerevent",
            options={
                "ordering": ("position",),
                "verbose_name": "register download",
                "verbose_name_plural": "register downloads",
            },
        ),
        migrations.AlterModelOptions(
            name="report",
            options={
                "ordering": ("-drafted_at", "-pk"),
                "verbose_name": "breach report",
                "verbose_name_plural": "breach reports",
            },
        ),
        migrations.AlterModelOptions(
            name="suspicion",
            options={
                "ordering": ("raised_at", "pk"),
                "verbose_name": "suspected breach",
                "verbose_name_plural": "suspected breaches",
            },
        ),
    ]
