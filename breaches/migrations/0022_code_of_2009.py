"""The first edition of the Code of Practice, of January 2009, for reports on what occurred before February 2018.

That it was published in January 2009, as the Code of Practice for Official Statistics, edition 1.0, is what the
Authority says (uksa.statisticsauthority.gov.uk/publication/code-of-practice); on which day is not known here. Reports of
its time cite "Protocol 2, Practice 8"; nobody has read its wording, so that it is only suggested.
"""

from datetime import date

from django.db import migrations, models

NUMBER, TITLE = "1.0", "Code of Practice for Official Statistics, edition 1.0"
IN_FORCE_FROM, NEXT_FROM = date(2009, 1, 1), date(2018, 2, 1)


def add_edition(apps, schema_editor):
    """Write the edition and its one practice, unless an administrator has recorded an earlier edition already."""
    edition_model, practice_model = apps.get_model("breaches", "Edition"), apps.get_model("breaches", "Practice")
    if edition_model.objects.filter(models.Q(number=NUMBER) | models.Q(in_force_from__lt=NEXT_FROM)).exists():
        return
    edition = edition_model.objects.create(number=NUMBER, title=TITLE, in_force_from=IN_FORCE_FROM)
    practice_model.objects.create(
        edition=edition,
        code="Protocol 2, Practice 8",
        principle="Protocol 2",
        text="Statistics are released at 9.30am on a weekday.",
        confirmed=False,
    )


class Migration(migrations.Migration):
    dependencies = [("breaches", "0021_bound_to_evidence")]
    operations = [
        migrations.AlterField("historicalpractice", "code", models.CharField(max_length=40)),
        migrations.AlterField("practice", "code", models.CharField(max_length=40)),
        migrations.AlterField("practicecited", "code", models.CharField(max_length=40)),
        migrations.RunPython(add_edition, migrations.RunPython.noop),
    ]
