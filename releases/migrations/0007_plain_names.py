"""Names of models and fields, help and messages in the words of the admin site; no column changes."""

import datetime

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0006_agreement_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="address",
            options={
                "ordering": ("release", "-role", "pk"),
                "verbose_name": "web page or file",
                "verbose_name_plural": "web pages and files",
            },
        ),
        migrations.AlterModelOptions(
            name="datechange",
            options={
                "ordering": ("release", "schedule_version"),
                "verbose_name": "date change",
                "verbose_name_plural": "date changes",
            },
        ),
        migrations.AlterModelOptions(
            name="datechangerequest",
            options={
                "ordering": ("requested_at", "pk"),
                "verbose_name": "request to change a date",
                "verbose_name_plural": "requests to change a date",
            },
        ),
        migrations.AlterModelOptions(
            name="delaynotice",
            options={
                "ordering": ("release", "number"),
                "verbose_name": "delay notice",
                "verbose_name_plural": "delay notices",
            },
        ),
        migrations.AlterModelOptions(
            name="departure",
            options={
                "ordering": ("release", "schedule_version", "pk"),
                "verbose_name": "exception to the release time",
                "verbose_name_plural": "exceptions to the release time",
            },
        ),
        migrations.AlterModelOptions(
            name="historicaladdress",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical web page or file",
                "verbose_name_plural": "historical web pages and files",
            },
        ),
        migrations.AlterModelOptions(
            name="historicalmembership",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical role",
                "verbose_name_plural": "historical roles",
            },
        ),
        migrations.AlterModelOptions(
            name="historicalnonworkingday",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical day when the office is closed",
                "verbose_name_plural": "historical days when the office is closed",
            },
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={"ordering": ("producer", "role"), "verbose_name": "role", "verbose_name_plural": "roles"},
        ),
        migrations.AlterModelOptions(
            name="nonworkingday",
            options={
                "ordering": ("on",),
                "verbose_name": "day when the office is closed",
                "verbose_name_plural": "days when the office is closed",
            },
        ),
        migrations.AlterModelOptions(
            name="observation",
            options={"ordering": ("position",), "verbose_name": "check", "verbose_name_plural": "checks"},
        ),
        migrations.AlterModelOptions(
            name="preflightrun",
            options={
                "ordering": ("-asked_at", "-pk"),
                "verbose_name": "check before release",
                "verbose_name_plural": "checks before release",
            },
        ),
        migrations.AlterModelOptions(
            name="reasoncorrection",
            options={
                "ordering": ("change", "number"),
                "verbose_name": "corrected reason",
                "verbose_name_plural": "corrected reasons",
            },
        ),
        migrations.AlterModelOptions(
            name="releaseevent",
            options={
                "ordering": ("position",),
                "verbose_name": "release event",
                "verbose_name_plural": "release events",
            },
        ),
        migrations.AlterModelOptions(
            name="releasetask",
            options={"ordering": ("added_at", "pk"), "verbose_name": "task", "verbose_name_plural": "tasks"},
        ),
        migrations.AlterModelOptions(
            name="statement",
            options={
                "ordering": ("stated_at",),
                "verbose_name": "staff statement",
                "verbose_name_plural": "staff statements",
            },
        ),
        migrations.AlterModelOptions(
            name="verification",
            options={"verbose_name": "release check", "verbose_name_plural": "release checks"},
        ),
        migrations.AlterField(
            model_name="address",
            name="adapter",
            field=models.CharField(default="page", max_length=30, verbose_name="type of website"),
        ),
        migrations.AlterField(
            model_name="address",
            name="marker",
            field=models.CharField(
                blank=True,
                help_text="Text that is on the page of this edition and not on the last one. For example, March 2026",
                max_length=300,
                verbose_name="text that identifies this edition",
            ),
        ),
        migrations.AlterField(
            model_name="address",
            name="required",
            field=models.BooleanField(default=True, verbose_name="must be live on time"),
        ),
        migrations.AlterField(
            model_name="address",
            name="role",
            field=models.CharField(
                choices=[("page", "Web page"), ("attachment", "File"), ("announcement", "Announcement")],
                default="page",
                max_length=12,
                verbose_name="type",
            ),
        ),
        migrations.AlterField(
            model_name="address",
            name="url",
            field=models.URLField(max_length=1000, verbose_name="web address"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email address"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="is_public",
            field=models.BooleanField(
                default=False,
                help_text="Readers see the name, email address and telephone number on the pages of releases that this contact is responsible for.",
                verbose_name="show to readers",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="is_team",
            field=models.BooleanField(default=False, verbose_name="this is a team"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="post",
            field=models.CharField(blank=True, help_text="For example, Senior analytical officer", max_length=200),
        ),
        migrations.AlterField(
            model_name="contact",
            name="user",
            field=models.ForeignKey(
                blank=True,
                help_text="The account of this person here, if they have one.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="exemption",
            name="covers_partial",
            field=models.BooleanField(default=False, verbose_name="covers an incomplete release"),
        ),
        migrations.AlterField(
            model_name="exemption",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("withdrawn", "Withdrawn: it covers nothing from today"),
                    ("in_error", "Recorded by mistake: it never covered anything"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="exemption",
            name="reference",
            field=models.CharField(
                help_text="The reference on the letter of the Director General for Regulation.", max_length=100
            ),
        ),
        migrations.AlterField(
            model_name="exemption",
            name="series",
            field=models.ForeignKey(
                blank=True,
                help_text="Leave this empty if it covers all series of the producer.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exemptions",
                to="releases.series",
            ),
        ),
        migrations.AlterField(
            model_name="exemption",
            name="words",
            field=models.TextField(help_text="Use the words of the approval.", verbose_name="what it covers"),
        ),
        migrations.AlterField(
            model_name="historicaladdress",
            name="adapter",
            field=models.CharField(default="page", max_length=30, verbose_name="type of website"),
        ),
        migrations.AlterField(
            model_name="historicaladdress",
            name="marker",
            field=models.CharField(
                blank=True,
                help_text="Text that is on the page of this edition and not on the last one. For example, March 2026",
                max_length=300,
                verbose_name="text that identifies this edition",
            ),
        ),
        migrations.AlterField(
            model_name="historicaladdress",
            name="required",
            field=models.BooleanField(default=True, verbose_name="must be live on time"),
        ),
        migrations.AlterField(
            model_name="historicaladdress",
            name="role",
            field=models.CharField(
                choices=[("page", "Web page"), ("attachment", "File"), ("announcement", "Announcement")],
                default="page",
                max_length=12,
                verbose_name="type",
            ),
        ),
        migrations.AlterField(
            model_name="historicaladdress",
            name="url",
            field=models.URLField(max_length=1000, verbose_name="web address"),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="email",
            field=models.EmailField(max_length=254, verbose_name="email address"),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="is_public",
            field=models.BooleanField(
                default=False,
                help_text="Readers see the name, email address and telephone number on the pages of releases that this contact is responsible for.",
                verbose_name="show to readers",
            ),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="is_team",
            field=models.BooleanField(default=False, verbose_name="this is a team"),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="post",
            field=models.CharField(blank=True, help_text="For example, Senior analytical officer", max_length=200),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The account of this person here, if they have one.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="historicalexemption",
            name="covers_partial",
            field=models.BooleanField(default=False, verbose_name="covers an incomplete release"),
        ),
        migrations.AlterField(
            model_name="historicalexemption",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("withdrawn", "Withdrawn: it covers nothing from today"),
                    ("in_error", "Recorded by mistake: it never covered anything"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="historicalexemption",
            name="reference",
            field=models.CharField(
                help_text="The reference on the letter of the Director General for Regulation.", max_length=100
            ),
        ),
        migrations.AlterField(
            model_name="historicalexemption",
            name="series",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Leave this empty if it covers all series of the producer.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="releases.series",
            ),
        ),
        migrations.AlterField(
            model_name="historicalexemption",
            name="words",
            field=models.TextField(help_text="Use the words of the approval.", verbose_name="what it covers"),
        ),
        migrations.AlterField(
            model_name="historicalnonworkingday",
            name="title",
            field=models.CharField(help_text="For example, Privilege day", max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="hosts",
            field=models.TextField(
                blank=True,
                help_text="One website on each line, for example www.example.gov.uk. Our checks only follow redirects to these websites and to those of the release.",
                verbose_name="websites",
            ),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="negative_markers",
            field=models.TextField(
                blank=True,
                help_text="One phrase on each line. Enter what the website shows before a release is published, for example: Not yet available",
                verbose_name="text on a missing page",
            ),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="pre_release_length",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Leave this empty for 24 hours. It applies to series of the producer’s own nation, up to the limit of that nation’s order. For the UK and England, only set more than 24 hours if a special provision of the order allows it. We have not confirmed this provision, or the period for Wales. Check the order.",
                null=True,
                verbose_name="usual length of pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="pre_release_unit",
            field=models.CharField(
                choices=[("hours", "Hours"), ("working_days", "Working days")],
                default="hours",
                help_text="The unit of the usual length of pre-release access.",
                max_length=12,
                verbose_name="hours or working days",
            ),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="slug",
            field=models.SlugField(max_length=100, verbose_name="short name"),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="two_person_approval",
            field=models.BooleanField(
                default=False,
                help_text="People cannot approve a breach report that they wrote or submitted.",
                verbose_name="two people must approve a report",
            ),
        ),
        migrations.AlterField(
            model_name="historicalrelease",
            name="reference",
            field=models.SlugField(
                help_text="Letters, digits and hyphens. It is part of the web address of its page here.", max_length=100
            ),
        ),
        migrations.AlterField(
            model_name="historicalrelease",
            name="rehearsal",
            field=models.BooleanField(
                default=False, help_text="We check a rehearsal like any other release. Readers never see it."
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="alternative_time_approved_on",
            field=models.DateField(blank=True, null=True, verbose_name="date of the approval"),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="alternative_time_reference",
            field=models.CharField(blank=True, max_length=100, verbose_name="reference of the approval"),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="head_of_profession",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="releases.contact",
                verbose_name="Head of Profession",
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="market_sensitive",
            field=models.BooleanField(
                default=False, help_text="We warn you if you confirm a date less than 6 months ahead."
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="nation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("united_kingdom", "United Kingdom"),
                    ("england", "England"),
                    ("wales", "Wales"),
                    ("scotland", "Scotland"),
                    ("northern_ireland", "Northern Ireland"),
                ],
                db_default="",
                default="",
                help_text="The order on pre-release access and the bank holidays of this nation apply. Leave this empty to use the producer’s nation.",
                max_length=20,
                verbose_name="nation of the statistics",
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="pre_release_kind",
            field=models.CharField(
                choices=[
                    ("general", "Any other statistics"),
                    ("economic", "Economic statistics"),
                    ("gdp_or_retail_sales", "GDP or retail sales"),
                ],
                db_default="general",
                default="general",
                help_text="In Scotland, access to economic statistics is shorter, and GDP and retail sales have none.",
                max_length=20,
                verbose_name="type of statistics for pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="release_time",
            field=models.TimeField(
                default=datetime.time(9, 30),
                help_text="9:30am, unless the Director General for Regulation has approved another time for this series.",
                verbose_name="release time (London)",
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="responsible",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="releases.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="slug",
            field=models.SlugField(max_length=150, verbose_name="short name"),
        ),
        migrations.AlterField(
            model_name="historicalseries",
            name="tolerance_seconds",
            field=models.PositiveSmallIntegerField(
                default=120,
                help_text="A release that is live within this time counts as on time. You can enter 179 seconds or fewer. Only the Head of Profession or a deputy can change it.",
                validators=[django.core.validators.MaxValueValidator(179)],
                verbose_name="tolerance in seconds",
            ),
        ),
        migrations.AlterField(
            model_name="nonworkingday",
            name="title",
            field=models.CharField(help_text="For example, Privilege day", max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="producer",
            name="hosts",
            field=models.TextField(
                blank=True,
                help_text="One website on each line, for example www.example.gov.uk. Our checks only follow redirects to these websites and to those of the release.",
                verbose_name="websites",
            ),
        ),
        migrations.AlterField(
            model_name="producer",
            name="negative_markers",
            field=models.TextField(
                blank=True,
                help_text="One phrase on each line. Enter what the website shows before a release is published, for example: Not yet available",
                verbose_name="text on a missing page",
            ),
        ),
        migrations.AlterField(
            model_name="producer",
            name="pre_release_length",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Leave this empty for 24 hours. It applies to series of the producer’s own nation, up to the limit of that nation’s order. For the UK and England, only set more than 24 hours if a special provision of the order allows it. We have not confirmed this provision, or the period for Wales. Check the order.",
                null=True,
                verbose_name="usual length of pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="producer",
            name="pre_release_unit",
            field=models.CharField(
                choices=[("hours", "Hours"), ("working_days", "Working days")],
                default="hours",
                help_text="The unit of the usual length of pre-release access.",
                max_length=12,
                verbose_name="hours or working days",
            ),
        ),
        migrations.AlterField(
            model_name="producer",
            name="slug",
            field=models.SlugField(max_length=100, unique=True, verbose_name="short name"),
        ),
        migrations.AlterField(
            model_name="producer",
            name="two_person_approval",
            field=models.BooleanField(
                default=False,
                help_text="People cannot approve a breach report that they wrote or submitted.",
                verbose_name="two people must approve a report",
            ),
        ),
        migrations.AlterField(
            model_name="release",
            name="reference",
            field=models.SlugField(
                help_text="Letters, digits and hyphens. It is part of the web address of its page here.",
                max_length=100,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="release",
            name="rehearsal",
            field=models.BooleanField(
                default=False, help_text="We check a rehearsal like any other release. Readers never see it."
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="alternative_time_approved_on",
            field=models.DateField(blank=True, null=True, verbose_name="date of the approval"),
        ),
        migrations.AlterField(
            model_name="series",
            name="alternative_time_reference",
            field=models.CharField(blank=True, max_length=100, verbose_name="reference of the approval"),
        ),
        migrations.AlterField(
            model_name="series",
            name="head_of_profession",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="series_headed",
                to="releases.contact",
                verbose_name="Head of Profession",
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="market_sensitive",
            field=models.BooleanField(
                default=False, help_text="We warn you if you confirm a date less than 6 months ahead."
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="nation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("united_kingdom", "United Kingdom"),
                    ("england", "England"),
                    ("wales", "Wales"),
                    ("scotland", "Scotland"),
                    ("northern_ireland", "Northern Ireland"),
                ],
                db_default="",
                default="",
                help_text="The order on pre-release access and the bank holidays of this nation apply. Leave this empty to use the producer’s nation.",
                max_length=20,
                verbose_name="nation of the statistics",
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="pre_release_kind",
            field=models.CharField(
                choices=[
                    ("general", "Any other statistics"),
                    ("economic", "Economic statistics"),
                    ("gdp_or_retail_sales", "GDP or retail sales"),
                ],
                db_default="general",
                default="general",
                help_text="In Scotland, access to economic statistics is shorter, and GDP and retail sales have none.",
                max_length=20,
                verbose_name="type of statistics for pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="publishing_contacts",
            field=models.ManyToManyField(
                blank=True, related_name="series_published", to="releases.contact", verbose_name="publishing team"
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="release_time",
            field=models.TimeField(
                default=datetime.time(9, 30),
                help_text="9:30am, unless the Director General for Regulation has approved another time for this series.",
                verbose_name="release time (London)",
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="responsible",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="series_responsible_for",
                to="releases.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="slug",
            field=models.SlugField(max_length=150, verbose_name="short name"),
        ),
        migrations.AlterField(
            model_name="series",
            name="tolerance_seconds",
            field=models.PositiveSmallIntegerField(
                default=120,
                help_text="A release that is live within this time counts as on time. You can enter 179 seconds or fewer. Only the Head of Profession or a deputy can change it.",
                validators=[django.core.validators.MaxValueValidator(179)],
                verbose_name="tolerance in seconds",
            ),
        ),
        migrations.AlterConstraint(
            model_name="address",
            name="page_needs_a_marker",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "page"), _negated=True), models.Q(("marker", ""), _negated=True), _connector="OR"
                ),
                name="page_needs_a_marker",
                violation_error_message="Enter the text that identifies this edition",
            ),
        ),
        migrations.AlterConstraint(
            model_name="address",
            name="announcement_is_never_required",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "announcement"), _negated=True), ("required", False), _connector="OR"
                ),
                name="announcement_is_never_required",
                violation_error_message="An announcement cannot be required to be live on time.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="address",
            name="one_announcement_per_release",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "announcement")),
                fields=("release",),
                name="one_announcement_per_release",
                violation_error_message="A release can have only one announcement.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="series",
            name="alternative_time_needs_approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("release_time", datetime.time(9, 30)),
                    models.Q(
                        models.Q(("alternative_time_reference", ""), _negated=True),
                        ("alternative_time_approved_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="alternative_time_needs_approval",
                violation_error_message="Enter the reference and the date of the approval, or use 9:30am.",
            ),
        ),
    ]
