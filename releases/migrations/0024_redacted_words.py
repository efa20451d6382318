"""Events keep the digest of words that were redacted; PostgreSQL lets a redaction through, and nothing else."""

from django.db import migrations, models

from releases.models.redacted import guard_but_redaction

WORDS = {
    "releases_releaseevent": ("words", "words_salt", "words_digest"),
    "releases_statement": ("words",),
}


def let_redactions_through(apps, schema_editor):
    """Replace the triggers."""
    guard_but_redaction(schema_editor, WORDS)


class Migration(migrations.Migration):
    dependencies = [("releases", "0023_verifications_by_due")]
    operations = [
        migrations.AddField(
            model_name="releaseevent",
            name="words_digest",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Of the words as they were, where some were redacted.",
                max_length=64,
            ),
        ),
        migrations.RunPython(let_redactions_through, migrations.RunPython.noop),
    ]
