"""Recipient, subject and text of a sent message go at the end of their time; when, stands in the row."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("outbox", "0004_told_suspicions")]
    operations = [
        migrations.AddField(
            model_name="message",
            name="erased_at",
            field=models.DateTimeField(
                help_text="At the end of their time; that somebody was told stays.",
                null=True,
                verbose_name="recipient, subject and text removed at",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=Q(sent_at__isnull=False, erased_at__isnull=True),
                fields=["sent_at"],
                name="messages_to_erase",
            ),
        ),
    ]
