"""The group of administrators, who look after people and producers without being superusers.

It has no permission on groups: whoever may change a group can give themselves any permission. The six roles for a producer
need no group, because their pages of the admin site ask for the role.
"""

from django.db import migrations

ADMINISTRATORS = "Administrators"
# By application and model: what the admin site asks for, and nothing that it refuses to everybody.
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


def create_groups(apps, schema_editor):
    """Create the group with its permissions, which Django itself creates only after all migrations."""
    content_type, permission = apps.get_model("contenttypes", "ContentType"), apps.get_model("auth", "Permission")
    group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=ADMINISTRATORS)
    for (app, model), verbs in PERMISSIONS.items():
        of, _made = content_type.objects.get_or_create(app_label=app, model=model)
        for verb in verbs:
            named = {"name": f"Can {verb} {model}"}
            allowed, _made = permission.objects.get_or_create(
                content_type=of, codename=f"{verb}_{model}", defaults=named
            )
            group.permissions.add(allowed)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitation"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
