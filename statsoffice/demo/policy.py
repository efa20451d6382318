"""The release practice policy of the demonstration. No one has approved its compliance table yet."""

from datetime import datetime

from breaches import compliance
from breaches.rules.compliance import PolicySection
from releases.models import Producer
from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role
from statsoffice.demo.office import find_user
from statsoffice.fake_publisher import STATISTICS

TEXTS = {
    PolicySection.INTRODUCTION: (
        "This policy says how the Office for Invented Statistics releases its official statistics. The Head of "
        "Profession for Statistics is responsible for it.\n\nThe table below is filled from our record of the year."
    ),
    PolicySection.ANNOUNCEMENT: (
        "We announce releases in our public release calendar twelve months ahead. We confirm the date and time at "
        "least four weeks ahead where we can."
    ),
    PolicySection.DATE_CHANGES: (
        "The Head of Profession or a deputy agrees to each change of a confirmed date. The calendar shows the reason "
        "at once."
    ),
    PolicySection.ACCESS: (
        "Only the posts on our published lists have pre-release access, for 24 hours. Each list is confirmed before "
        "the release."
    ),
    PolicySection.TIMELINESS: "We release at 9:30am on a weekday, as soon as the statistics are ready.",
}


def write_policy(*, now: datetime) -> None:
    """Save the policy texts of one producer for the present year."""
    producer, year = Producer.objects.get(slug=STATISTICS), local_date(now).year
    for number, (section, text) in enumerate(TEXTS.items()):
        compliance.save_policy_section(
            producer, year, section, text, seen=number, by=find_user(Role.STATISTICIAN), at=now
        )
