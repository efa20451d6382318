"""Events keep the digest of words that were redacted; PostgreSQL lets a redaction through, and nothing else."""

from django.db import migrations, models

from releases.models.redacted import guard_but_redaction

WORDS = {
    "breaches_reportversion": ("content", "machine"),
    "breaches_reportevent": ("words", "words_salt", "words_digest"),
    "breaches_timelinenote": ("text",),
    "breaches_sectioncomment": ("words",),
    "breaches_dispatch": ("words", "reference"),
    "breaches_published": ("statement",),
}
HELP = "Of the words as they were, where some were redacted."


def let_redactions_through(apps, schema_editor):
    """Replace the triggers."""
    guard_but_redaction(schema_editor, WORDS)


class Migration(migrations.Migration):
    dependencies = [("breaches", "0022_code_of_2009"), ("releases", "0024_redacted_words")]
    operations = [
        migrations.AddField(
            model_name=event,
            name="words_digest",
            field=models.CharField(db_default="", default="", help_text=HELP, max_length=64),
        )
        for event in ("registerevent", "reportevent")
    ] + [migrations.RunPython(let_redactions_through, migrations.RunPython.noop)]
