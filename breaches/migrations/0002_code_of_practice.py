"""The editions of the Code of Practice for Statistics, with their principles, standards and practices.

`summary` is ours and is never printed. The product brings the `wording` of T3.6 of edition 2.0 alone: the published form
for breach reports quotes it. An office reads all others at their source, and settles them.
"""

from datetime import UTC, date, datetime

from django.db import migrations

READ_ON = datetime(2026, 11, 27, tzinfo=UTC)

# number, title, first day on which reports cite it, whether it came into force then, note on the day
EDITIONS = (
    ("1.0", "Code of Practice for Official Statistics, edition 1.0", date(2009, 1, 1), False, "It was published in January 2009."),
    ("2.0", "Code of Practice for Statistics, edition 2.0", date(2018, 2, 1), False, "It was published in February 2018."),
    ("2.1", "Code of Practice for Statistics, edition 2.1", date(2022, 5, 5), True, ""),
    ("3.0", "Code of Practice for Statistics, edition 3.0", date(2025, 11, 4), False, "It was launched on 4 November 2025."),
)  # fmt: skip

CODE_2 = ("The Code, edition 2", "https://uksa.statisticsauthority.gov.uk/code-of-practice/the-code/")
T3 = (
    "The Code, edition 2, T3: Orderly release",
    "https://www.statisticsauthority.gov.uk/code-of-practice/the-code/trustworthiness/t3-orderly-release/",
)
REVIEW = (
    "OSR, release times review, 24 March 2022",
    "https://osr.statisticsauthority.gov.uk/publication/office-for-statistics-regulations-release-times-review-findings-and-outcomes-from-our-stakeholder-consultation/",
)
POLICY = (
    "OSR, alternative release times policy, 5 May 2022",
    "https://osr.statisticsauthority.gov.uk/publication/alternative-release-times-for-official-statistics-policy/",
)
GUIDE = (
    "OSR, short guide to Standard 3: Be transparent",
    "https://osr.statisticsauthority.gov.uk/guidance/short-guide-to-code-of-practice-standard-three-be-transparent/",
)
CODE_3 = ("The Code, edition 3.0", "https://code.statisticsauthority.gov.uk/")
PUBLISHED = ("Two published breach reports of 2009", "")
LETTER = ("A letter of OSR on release at 9.30am", "")

TRUSTWORTHINESS, QUALITY, VALUE = "Trustworthiness", "Quality", "Value"
STANDARDS = {
    "Standard 1": "Standard 1 (Show integrity)",
    "Standard 2": "Standard 2 (Lead responsibly)",
    "Standard 3": "Standard 3 (Be transparent)",
    "Standard 4": "Standard 4 (Manage data responsibly)",
    "Standard 10": "Standard 10 (Be accessible)",
}
ORDERLY = "Orderly release"
NOT_READ = "Not compared with the Code itself. Read the Code before you cite this."

# By edition, in the order of the Code: code, pillar or standard, title, summary, wording, source, open point
PRINCIPLES_OF_2 = (
    ("T1", TRUSTWORTHINESS, "Honesty and integrity", "", "", CODE_2, ""),
    ("T2", TRUSTWORTHINESS, "Independent decision making and leadership", "", "", CODE_2, ""),
    ("T4", TRUSTWORTHINESS, "Transparent processes and management", "", "", CODE_2, ""),
    ("T5", TRUSTWORTHINESS, "Professional capability", "", "", CODE_2, ""),
    ("T6", TRUSTWORTHINESS, "Data governance", "", "", CODE_2, ""),
    ("Q1", QUALITY, "Suitable data sources", "", "", CODE_2, ""),
    ("Q2", QUALITY, "Sound methods", "", "", CODE_2, ""),
    ("Q3", QUALITY, "Assured quality", "", "", CODE_2, ""),
    ("V1", VALUE, "Relevance to users", "", "", CODE_2, ""),
    ("V2", VALUE, "Accessibility", "Statistics are equally available to all. No users receive them before others.", "", CODE_2, NOT_READ),
    ("V3", VALUE, "Clarity and insight", "", "", CODE_2, ""),
    ("V4", VALUE, "Innovation and improvement", "", "", CODE_2, ""),
    ("V5", VALUE, "Efficiency and proportionality", "", "", CODE_2, ""),
)  # fmt: skip
T3_ALONE = ("T3", TRUSTWORTHINESS, ORDERLY, "Statistics are released in an open and transparent way.", "", T3, "")  # fmt: skip
# The practices of T3 that edition 2.1 did not change.
T3_2_TO_5 = (
    ("T3.2", TRUSTWORTHINESS, ORDERLY, "The Chief Statistician or Head of Profession agrees to changes of announced dates or times. They are announced promptly, with reasons.", "", T3, ""),
    ("T3.3", TRUSTWORTHINESS, ORDERLY, "Access before release is only for production, preparation, quality assurance and operations. Records show who has it.", "", T3, ""),
    ("T3.4", TRUSTWORTHINESS, ORDERLY, "Statistics in final form go only to those who are eligible under the pre-release access law. No indication of them is made public, and no other party receives them without permission.", "", T3, ""),
    ("T3.5", TRUSTWORTHINESS, ORDERLY, "Statistics are released as soon as they are ready, under the guidance of the Chief Statistician or Head of Profession.", "", T3, ""),
)  # fmt: skip
T3_7_TO_9 = (
    ("T3.7", TRUSTWORTHINESS, ORDERLY, "The publication has the name and contact details of the lead statistician.", "", T3, ""),
    ("T3.8", TRUSTWORTHINESS, ORDERLY, "Policy, press and ministerial statements are issued separately from the statistics.", "", T3, "Only the beginning was compared with the Code itself. Read the Code before you cite this."),
    ("T3.9", TRUSTWORTHINESS, ORDERLY, "Revisions and corrections are released as soon as practicable, openly and under a published policy.", "", T3, NOT_READ),
)  # fmt: skip
PRACTICES = {
    "1.0": (
        ("Protocol 2, Practice 4", "Protocol 2", "", "Statistics are released at 9.30am on a weekday.", "", LETTER, "The Code of 2009 has not been read. One note gives this as Practice 5."),
        ("Protocol 2, Practice 8", "Protocol 2", "", "Accidental or wrongful release.", "", PUBLISHED, "The Code of 2009 has not been read."),
    ),
    "2.0": (
        T3_ALONE,
        ("T3.1", TRUSTWORTHINESS, ORDERLY, "Releases are announced in a 12-month calendar, with a specific date four weeks ahead where practicable.", "", T3, ""),
        *T3_2_TO_5,
        ("T3.6", TRUSTWORTHINESS, ORDERLY, "Statistics are released to all users at 9.30am on a weekday.", "Statistics should be released to all users at 9.30am on a weekday.", T3, ""),
        *T3_7_TO_9,
        *PRINCIPLES_OF_2,
    ),
    "2.1": (
        T3_ALONE,
        ("T3.1", TRUSTWORTHINESS, ORDERLY, "Releases are announced in a 12-month calendar, with a specific date and time four weeks ahead where practicable.", "", REVIEW, ""),
        *T3_2_TO_5,
        ("T3.6", TRUSTWORTHINESS, ORDERLY, "9.30am remains the standard time. The Director General for Regulation may approve another time, which is used consistently and announced in advance.", "", POLICY, ""),
        *T3_7_TO_9,
        *PRINCIPLES_OF_2,
    ),
    "3.0": (
        ("Standard 1", STANDARDS["Standard 1"], "", "", "", CODE_3, NOT_READ),
        ("1.4", STANDARDS["Standard 1"], "", "Producers monitor how statistics are used, challenge misuse and raise concerns with OSR. If you cite it, you say that the producer did not challenge the misuse.", "", CODE_3, NOT_READ),
        ("Standard 2", STANDARDS["Standard 2"], "", "", "", CODE_3, NOT_READ),
        ("Standard 3", STANDARDS["Standard 3"], "", "Statistics are released in a transparent way, at a standard time, and announced in advance.", "", GUIDE, ""),
        ("3.1", STANDARDS["Standard 3"], "", "The date and time of releases are announced in advance, four weeks ahead where possible.", "", GUIDE, ""),
        ("3.2", STANDARDS["Standard 3"], "", "Changes to announced dates or times are agreed and announced, with reasons.", "", GUIDE, ""),
        ("3.3", STANDARDS["Standard 3"], "", "Access before release is limited, and a list shows who has it. No indication is given in public, and nothing is shared without permission of the Chief Statistician or Head of Profession.", "", GUIDE, ""),
        ("3.4", STANDARDS["Standard 3"], "", "Producers follow the pre-release access law.", "", GUIDE, ""),
        ("3.5", STANDARDS["Standard 3"], "", "Statistics are released in a timely manner.", "", GUIDE, "Only the beginning was compared with the Code itself. Read the Code before you cite this."),
        ("3.6", STANDARDS["Standard 3"], "", "Statistics are released at the standard time of 9.30am on a weekday.", "", CODE_3, "A producer’s release practice policy of April 2026 gives the same number. Not compared with the Code itself. Read the Code before you cite this."),
        ("Standard 4", STANDARDS["Standard 4"], "", "", "", CODE_3, NOT_READ),
        ("Standard 10", STANDARDS["Standard 10"], "", "", "", CODE_3, NOT_READ),
        ("10.1", STANDARDS["Standard 10"], "", "Regular and ad hoc statistics are free and equally accessible to all.", "", CODE_3, NOT_READ),
    ),
}  # fmt: skip
SETTLED = {("2.0", "T3.6")}


def add_code(apps, schema_editor):
    """Add the editions and their practices."""
    edition_model, practice_model = apps.get_model("breaches", "Edition"), apps.get_model("breaches", "Practice")
    for number, title, in_force_from, is_known, about_the_day in EDITIONS:
        edition = edition_model.objects.create(
            number=number,
            title=title,
            in_force_from=in_force_from,
            in_force_confirmed=is_known,
            about_the_day=about_the_day,
        )
        practice_model.objects.bulk_create(
            practice_model(
                edition=edition,
                code=code,
                principle=principle,
                title=title,
                summary=summary,
                wording=wording,
                source=source,
                source_url=source_url,
                unconfirmed=unconfirmed,
                settled_at=READ_ON if (number, code) in SETTLED else None,
            )
            for code, principle, title, summary, wording, (source, source_url), unconfirmed in PRACTICES[number]
        )


def remove_code(apps, schema_editor):
    """Remove the editions that this migration added, and all practices of them."""
    numbers = [number for number, *_ in EDITIONS]
    apps.get_model("breaches", "Practice").objects.filter(edition__number__in=numbers).delete()
    apps.get_model("breaches", "Edition").objects.filter(number__in=numbers).delete()


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_schema")]
    operations = [migrations.RunPython(add_code, remove_code)]
