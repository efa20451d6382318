"""The kinds of events of API tokens."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_labels_of_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accountevent",
            name="account_event_kind_is_known",
        ),
        migrations.AddConstraint(
            model_name="accountevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "signed_in",
                            "sign_in_failed",
                            "signed_out",
                            "password_changed",
                            "second_step_set_up",
                            "second_step_removed",
                            "second_step_failed",
                            "recovery_codes_made",
                            "file_taken",
                            "api_token_created",
                            "api_token_revoked",
                            "api_token_used",
                        ],
                    )
                ),
                name="account_event_kind_is_known",
            ),
        ),
    ]
