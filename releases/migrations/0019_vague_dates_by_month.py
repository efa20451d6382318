from django.db import migrations


def keep_the_month_alone(apps, schema_editor):
    """Set vague dates to the first of their month: a day that somebody typed for one is shown nowhere."""
    releases = apps.get_model("releases", "Release").objects.exclude(precision="exact").exclude(planned_on__day=1)
    for release in releases.iterator():
        releases.filter(pk=release.pk).update(planned_on=release.planned_on.replace(day=1))


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0018_public_calendar"),
    ]

    operations = [migrations.RunPython(keep_the_month_alone, migrations.RunPython.noop)]
