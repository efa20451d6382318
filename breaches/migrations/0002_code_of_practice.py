"""The editions of the Code of Practice for Statistics and the practices on orderly release."""

from datetime import date

from django.db import migrations

EDITIONS = (
    ("2.0", "Code of Practice for Statistics, edition 2.0", date(2018, 2, 1)),
    ("2.1", "Code of Practice for Statistics, edition 2.1", date(2022, 5, 5)),
    ("3.0", "Code of Practice for Statistics, edition 3.0", date(2025, 11, 1)),
)
TRUSTWORTHINESS = "Trustworthiness"
TRANSPARENT = "Be transparent"
# (code, principle, text, confirmed): confirmed only where somebody has read the wording in the Code itself.
PRACTICES = {
    "2.0": (
        ("T3.1", TRUSTWORTHINESS, "Releases are announced in a twelve-month calendar, with a specific date four weeks ahead where practicable.", True),
        ("T3.2", TRUSTWORTHINESS, "Changes to announced dates are agreed by the Chief Statistician or Head of Profession and announced promptly, with reasons.", True),
        ("T3.3", TRUSTWORTHINESS, "Access before release is limited to what production, preparation, quality assurance and operations need, with accurate records of who has it.", True),
        ("T3.4", TRUSTWORTHINESS, "Statistics in final form go before release only to those who are eligible under the pre-release access law, with records kept.", True),
        ("T3.5", TRUSTWORTHINESS, "Statistics are released as soon as they are ready, under the guidance of the Chief Statistician or Head of Profession.", True),
        ("T3.6", TRUSTWORTHINESS, "Statistics should be released to all users at 9.30am on a weekday.", True),
        ("T3.7", TRUSTWORTHINESS, "The name and contact details of the lead statistician are given in the publication.", True),
        ("T3.8", TRUSTWORTHINESS, "Policy, press and ministerial statements are issued separately from the statistics.", False),
        ("T3.9", TRUSTWORTHINESS, "Revisions and corrections are released as soon as practicable, openly and under a published policy.", False),
        ("V2", "Value", "Accessibility: statistics are equally available to all, not given to some people before others.", False),
    ),
    "2.1": (
        ("T3.1", TRUSTWORTHINESS, "Releases are announced in a twelve-month calendar, with a specific date and time four weeks ahead where practicable.", True),
        ("T3.2", TRUSTWORTHINESS, "Changes to announced dates or times are agreed by the Chief Statistician or Head of Profession and announced promptly, with reasons.", True),
        ("T3.3", TRUSTWORTHINESS, "Access before release is limited to what production, preparation, quality assurance and operations need, with accurate records of who has it.", True),
        ("T3.4", TRUSTWORTHINESS, "Statistics in final form go before release only to those who are eligible under the pre-release access law, with records kept.", True),
        ("T3.5", TRUSTWORTHINESS, "Statistics are released as soon as they are ready, under the guidance of the Chief Statistician or Head of Profession.", True),
        ("T3.6", TRUSTWORTHINESS, "Statistics are released at 9.30am on a weekday, or at another time that was approved by the Director General for Regulation and announced in advance.", False),
        ("T3.7", TRUSTWORTHINESS, "The name and contact details of the lead statistician are given in the publication.", True),
        ("T3.8", TRUSTWORTHINESS, "Policy, press and ministerial statements are issued separately from the statistics.", False),
        ("T3.9", TRUSTWORTHINESS, "Revisions and corrections are released as soon as practicable, openly and under a published policy.", False),
        ("V2", "Value", "Accessibility: statistics are equally available to all, not given to some people before others.", False),
    ),
    "3.0": (
        ("3.1", TRANSPARENT, "The date and time of releases are announced in advance, four weeks ahead where possible.", True),
        ("3.2", TRANSPARENT, "Changes to announced dates or times are agreed and announced, with reasons.", True),
        ("3.3", TRANSPARENT, "Access before release is limited, and a list is kept of who has it.", True),
        ("3.4", TRANSPARENT, "The pre-release access law is followed.", True),
        ("3.5", TRANSPARENT, "Statistics are released in a timely manner.", True),
        ("3.6", TRANSPARENT, "Statistics are released at 9.30am on a weekday, or at an approved alternative time.", False),
    ),
}  # fmt: skip


def seed(apps, schema_editor):
    """Write the editions and practices."""
    edition_model, practice_model = apps.get_model("breaches", "Edition"), apps.get_model("breaches", "Practice")
    for number, title, in_force_from in EDITIONS:
        edition = edition_model.objects.create(number=number, title=title, in_force_from=in_force_from)
        practice_model.objects.bulk_create(
            practice_model(edition=edition, code=code, principle=principle, text=text, confirmed=confirmed)
            for code, principle, text, confirmed in PRACTICES[number]
        )


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
