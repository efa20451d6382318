"""Invitations, digests of accounts, the group of administrators, and the table of Django's cache."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models

CACHE_TABLE = "statsoffice_cache"
ADMINISTRATORS = "Administrators"
# The permissions of administrators, by app and model. Actions that the admin site refuses to everyone are left out. The
# group has no permission on groups, because people who may change a group can give themselves any permission. The six
# roles for a producer need no group, because their pages of the admin site check the role.
PERMISSIONS = {
    ("accounts", "user"): ("add", "change", "view"),
    ("releases", "producer"): ("add", "change", "delete", "view"),
    ("releases", "membership"): ("add", "change", "delete", "view"),
    ("breaches", "edition"): ("add", "change", "delete", "view"),
    ("breaches", "practice"): ("add", "change", "delete", "view"),
    ("outbox", "message"): ("view",),
    ("account", "emailaddress"): ("delete", "view"),
    ("mfa", "authenticator"): ("delete", "view"),
    ("socialaccount", "socialaccount"): ("delete", "view"),
    ("usersessions", "usersession"): ("delete", "view"),
}
# Django uses these words in the names of permissions.
MODEL_NAMES = {"emailaddress": "email address", "socialaccount": "social account", "usersession": "user session"}


def create_cache_table(apps, schema_editor):
    """Create the table in which all processes count the same attempts to sign in."""
    call_command("createcachetable", CACHE_TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop_cache_table(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {CACHE_TABLE}")


def create_groups(apps, schema_editor):
    """Create the group with its permissions, which Django itself creates only after all migrations."""
    content_type, permission = apps.get_model("contenttypes", "ContentType"), apps.get_model("auth", "Permission")
    group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=ADMINISTRATORS)
    for (app, model), verbs in PERMISSIONS.items():
        of, _made = content_type.objects.get_or_create(app_label=app, model=model)
        for verb in verbs:
            named = {"name": f"Can {verb} {MODEL_NAMES.get(model, model)}"}
            allowed, _made = permission.objects.get_or_create(
                content_type=of, codename=f"{verb}_{model}", defaults=named
            )
            group.permissions.add(allowed)


def remove_groups(apps, schema_editor):
    """Remove the group, but not its permissions, which Django itself creates."""
    apps.get_model("auth", "Group").objects.filter(name=ADMINISTRATORS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("releases", "0001_schema"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="producer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invitations",
                to="releases.producer",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invitations_withdrawn",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"), name="one_user_per_email"
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("producer", None), ("role", "")),
                    models.Q(
                        ("producer__isnull", False),
                        (
                            "role__in",
                            [
                                "statistician",
                                "head_of_profession",
                                "deputy",
                                "calendar_manager",
                                "publishing_team",
                                "auditor",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="invited_to_a_role_of_a_producer",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None), _connector="OR"),
                name="invitation_accepted_or_withdrawn",
            ),
        ),
        migrations.RunPython(create_cache_table, drop_cache_table),
        migrations.RunPython(create_groups, remove_groups),
    ]
