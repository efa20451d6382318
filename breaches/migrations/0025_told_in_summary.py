"""Practices that the product came with say that they tell the sense, not the words, of the Code.

Somebody knew what these practices ask; nobody had written out their words. Printed without a mark beside the one whose
words are the published form's own (T3.6 of edition 2.0), a summary would pass for the Code itself. An administrator who
has written the Code's words meanwhile keeps them.
"""

from importlib import import_module

from django.db import migrations

MARK = "In summary: "
IN_ITS_OWN_WORDS = {("2.0", "T3.6")}
WRITTEN = import_module("breaches.migrations.0002_code_of_practice").PRACTICES


def mark(apps, schema_editor):
    """Mark those that stand as they came, and are said to be confirmed; the others are marked as not confirmed."""
    practice_model = apps.get_model("breaches", "Practice")
    for number, practices in WRITTEN.items():
        for code, _, text, confirmed in practices:
            if confirmed and (number, code) not in IN_ITS_OWN_WORDS:
                as_it_came = practice_model.objects.filter(edition__number=number, code=code, text=text, confirmed=True)
                as_it_came.update(text=f"{MARK}{text[0].lower()}{text[1:]}")


class Migration(migrations.Migration):
    dependencies = [("breaches", "0024_reports_as_listed")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
