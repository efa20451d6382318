"""What GOV.UK states about an organisation's past year: the year, and its pages."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0017_vantage_points"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="YearReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=200)),
                ("organisation", models.CharField(max_length=200)),
                ("year", models.PositiveSmallIntegerField()),
                ("status", models.CharField(default="reading", max_length=10)),
                ("started_at", models.DateTimeField()),
                ("listed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, default="", max_length=20)),
                ("retry_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="year_reviews", to="releases.producer"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "organisation", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="YearReviewPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("path", models.CharField(max_length=500)),
                ("outcome", models.CharField(default="listed", max_length=12)),
                ("in_year", models.BooleanField(default=True)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("announced_at", models.DateTimeField(null=True)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("delay_seconds", models.PositiveIntegerField(null=True)),
                ("first_published_on", models.DateField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("etag", models.CharField(blank=True, default="", max_length=200)),
                ("last_modified", models.CharField(blank=True, default="", max_length=100)),
                ("statement", models.JSONField(default=dict)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="releases.yearreview"
                    ),
                ),
            ],
            options={
                "ordering": ("review", "title", "pk"),
            },
        ),
        migrations.AddIndex(
            model_name="yearreview",
            index=models.Index(fields=["status", "started_at"], name="year_review_by_status"),
        ),
        migrations.AddConstraint(
            model_name="yearreview",
            constraint=models.UniqueConstraint(
                fields=("producer", "site", "organisation", "year"), name="one_review_of_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="yearreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["reading", "stopped", "complete"])), name="review_status_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="yearreviewpage",
            constraint=models.UniqueConstraint(fields=("review", "path"), name="one_row_per_page_of_a_year"),
        ),
    ]
