"""The command that loads invented producers, reports and rehearsals."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from releases.management.base import PlainCommand
from releases.rules import calendar
from releases.rules.lifecycle import to_words
from releases.text.languages import join_with_and
from statsoffice.demo.loader import load_demo
from statsoffice.demo.office import PASSWORD, PEOPLE
from statsoffice.demo.rehearsals import record_rehearsals
from statsoffice.fake_publisher.client import RehearsalSite, RehearsalSiteError


class Command(PlainCommand):
    help = (
        "Loads the demonstration: two invented offices, a calendar around today, reports in every state, and "
        "rehearsals that are due within minutes. The practice site must be running (./run starts it). You can run "
        "this again. It is refused in production."
    )

    # `manage.py migrate`, which has to run before, makes the same checks. They take a tenth of the time of the load.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data is refused in production: STATSOFFICE_MODE is production.")
        site = RehearsalSite(settings.REHEARSAL_SITE, settings.REHEARSAL_TOKEN)
        try:
            site.wait_until_up(seconds=5)
            load_demo(now=timezone.now(), site=site)
            live = record_rehearsals(now=timezone.now(), site=site)
        except RehearsalSiteError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Accounts of the demonstration, all with the password {PASSWORD}:")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email:<30} {to_words(person.role)}")
        due = sorted({release.due_at for release in live if release.due_at})
        times = join_with_and(calendar.format_time(instant) for instant in due)
        self.stdout.write(f"\nRehearsals fall due at {times} (London time): see Today’s releases.")
        self.stdout.write(f"To try an adapter or to import a calendar, open the practice site: {site.base_url}/")
