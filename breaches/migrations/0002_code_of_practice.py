"""The editions of the Code of Practice for Statistics and their practices on orderly release.

The summaries have not been compared with the wording of the Code. They begin with "In summary: ", so that a report does not
print them as the Code's own words. The one confirmed practice without this mark is T3.6 of edition 2.0: its wording is
quoted in the published form for breach reports.

Edition 1.0 was published in January 2009 as the Code of Practice for Official Statistics
(uksa.statisticsauthority.gov.uk/publication/code-of-practice). The day is not known here. Reports of its time cite
"Protocol 2, Practice 8".
"""

from datetime import date

from django.db import migrations

# number, title, in force from
EDITIONS = (
    ("1.0", "Code of Practice for Official Statistics, edition 1.0", date(2009, 1, 1)),
    ("2.0", "Code of Practice for Statistics, edition 2.0", date(2018, 2, 1)),
    ("2.1", "Code of Practice for Statistics, edition 2.1", date(2022, 5, 5)),
    ("3.0", "Code of Practice for Statistics, edition 3.0", date(2025, 11, 1)),
)
TRUSTWORTHINESS = "Trustworthiness"
TRANSPARENT = "Be transparent"
# By edition: code, principle, text, and whether a person has confirmed its wording or its sense in the Code.
PRACTICES = {
    "1.0": (
        ("Protocol 2, Practice 8", "Protocol 2", "Statistics are released at 9.30am on a weekday.", False),
    ),
    "2.0": (
        ("T3.1", TRUSTWORTHINESS, "In summary: releases are announced in a twelve-month calendar, with a specific date four weeks ahead where practicable.", True),
        ("T3.2", TRUSTWORTHINESS, "In summary: changes to announced dates are agreed by the Chief Statistician or Head of Profession and announced promptly, with reasons.", True),
        ("T3.3", TRUSTWORTHINESS, "In summary: access before release is limited to what production, preparation, quality assurance and operations need, with accurate records of who has it.", True),
        ("T3.4", TRUSTWORTHINESS, "In summary: statistics in final form go before release only to those who are eligible under the pre-release access law, with records kept.", True),
        ("T3.5", TRUSTWORTHINESS, "In summary: statistics are released as soon as they are ready, under the guidance of the Chief Statistician or Head of Profession.", True),
        ("T3.6", TRUSTWORTHINESS, "Statistics should be released to all users at 9.30am on a weekday.", True),
        ("T3.7", TRUSTWORTHINESS, "In summary: the name and contact details of the lead statistician are given in the publication.", True),
        ("T3.8", TRUSTWORTHINESS, "Policy, press and ministerial statements are issued separately from the statistics.", False),
        ("T3.9", TRUSTWORTHINESS, "Revisions and corrections are released as soon as practicable, openly and under a published policy.", False),
        ("V2", "Value", "Accessibility: statistics are equally available to all, not given to some people before others.", False),
    ),
    "2.1": (
        ("T3.1", TRUSTWORTHINESS, "In summary: releases are announced in a twelve-month calendar, with a specific date and time four weeks ahead where practicable.", True),
        ("T3.2", TRUSTWORTHINESS, "In summary: changes to announced dates or times are agreed by the Chief Statistician or Head of Profession and announced promptly, with reasons.", True),
        ("T3.3", TRUSTWORTHINESS, "In summary: access before release is limited to what production, preparation, quality assurance and operations need, with accurate records of who has it.", True),
        ("T3.4", TRUSTWORTHINESS, "In summary: statistics in final form go before release only to those who are eligible under the pre-release access law, with records kept.", True),
        ("T3.5", TRUSTWORTHINESS, "In summary: statistics are released as soon as they are ready, under the guidance of the Chief Statistician or Head of Profession.", True),
        ("T3.6", TRUSTWORTHINESS, "Statistics are released at 9.30am on a weekday, or at another time that was approved by the Director General for Regulation and announced in advance.", False),
        ("T3.7", TRUSTWORTHINESS, "In summary: the name and contact details of the lead statistician are given in the publication.", True),
        ("T3.8", TRUSTWORTHINESS, "Policy, press and ministerial statements are issued separately from the statistics.", False),
        ("T3.9", TRUSTWORTHINESS, "Revisions and corrections are released as soon as practicable, openly and under a published policy.", False),
        ("V2", "Value", "Accessibility: statistics are equally available to all, not given to some people before others.", False),
    ),
    "3.0": (
        ("3.1", TRANSPARENT, "In summary: the date and time of releases are announced in advance, four weeks ahead where possible.", True),
        ("3.2", TRANSPARENT, "In summary: changes to announced dates or times are agreed and announced, with reasons.", True),
        ("3.3", TRANSPARENT, "In summary: access before release is limited, and a list is kept of who has it.", True),
        ("3.4", TRANSPARENT, "In summary: the pre-release access law is followed.", True),
        ("3.5", TRANSPARENT, "In summary: statistics are released in a timely manner.", True),
        ("3.6", TRANSPARENT, "Statistics are released at 9.30am on a weekday, or at an approved alternative time.", False),
    ),
}  # fmt: skip


def add_code(apps, schema_editor):
    """Add the editions and their practices."""
    edition_model, practice_model = apps.get_model("breaches", "Edition"), apps.get_model("breaches", "Practice")
    for number, title, in_force_from in EDITIONS:
        edition = edition_model.objects.create(number=number, title=title, in_force_from=in_force_from)
        practice_model.objects.bulk_create(
            practice_model(edition=edition, code=code, principle=principle, text=text, confirmed=confirmed)
            for code, principle, text, confirmed in PRACTICES[number]
        )


def remove_code(apps, schema_editor):
    """Remove the editions that this migration added, and all practices of them."""
    numbers = [number for number, _, _ in EDITIONS]
    apps.get_model("breaches", "Practice").objects.filter(edition__number__in=numbers).delete()
    apps.get_model("breaches", "Edition").objects.filter(number__in=numbers).delete()


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_schema")]
    operations = [migrations.RunPython(add_code, remove_code)]
