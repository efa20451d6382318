"""Names of the parts that are published together, and by how much each may follow."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0021_phone_and_brief"),
    ]

    operations = [
        migrations.AddField(
            model_name="address",
            name="may_follow_minutes",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="may follow by (minutes)"),
        ),
        migrations.AddField(
            model_name="address",
            name="part",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not named"),
                    ("english_page", "English page"),
                    ("welsh_page", "Welsh page"),
                    ("tables", "Tables"),
                    ("data_api", "Data API"),
                    ("dashboard", "Dashboard"),
                    ("other", "Other part"),
                ],
                db_default="",
                default="",
                help_text="Optional. Choose a part if the release has several that are published together.",
                max_length=12,
                verbose_name="part of the release",
            ),
        ),
        migrations.AddField(
            model_name="historicaladdress",
            name="may_follow_minutes",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="may follow by (minutes)"),
        ),
        migrations.AddField(
            model_name="historicaladdress",
            name="part",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not named"),
                    ("english_page", "English page"),
                    ("welsh_page", "Welsh page"),
                    ("tables", "Tables"),
                    ("data_api", "Data API"),
                    ("dashboard", "Dashboard"),
                    ("other", "Other part"),
                ],
                db_default="",
                default="",
                help_text="Optional. Choose a part if the release has several that are published together.",
                max_length=12,
                verbose_name="part of the release",
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                condition=models.Q(("part", ""), _negated=True), fields=["release"], name="addresses_with_parts"
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("part__in", ["", "english_page", "welsh_page", "tables", "data_api", "dashboard", "other"])
                ),
                name="part_is_known",
                violation_error_message="Choose one of the parts in the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(("part", ""), models.Q(("role", "announcement"), _negated=True), _connector="OR"),
                name="announcement_is_no_part",
                violation_error_message="An announcement is not a part of the release.",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("part__in", ["english_page", "welsh_page"]), _negated=True),
                    ("role", "page"),
                    _connector="OR",
                ),
                name="page_part_is_a_page",
                violation_error_message="Choose the type ‘Web page’ for an English or a Welsh page.",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("may_follow_minutes", 0),
                    models.Q(
                        ("may_follow_minutes__lte", 1440), ("required", True), models.Q(("part", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="only_a_required_part_may_follow",
                violation_error_message="Only a named part that must be live on time may follow, by up to 1440 minutes (24 hours).",
            ),
        ),
    ]
