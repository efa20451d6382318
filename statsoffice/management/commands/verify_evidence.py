"""Check that the record stands as it was written."""

from typing import Any

from django.core.management.base import CommandError

from breaches.models import RegisterEvent, ReportEvent
from releases.bodies import check_bodies
from releases.management.plain_command import PlainCommand
from releases.models import Observation, ReleaseEvent
from releases.models.append_only import check_chain

CHAINS = (ReleaseEvent, Observation, ReportEvent, RegisterEvent)


class Command(PlainCommand):
    """Walks the chains of the record, and reads every kept body."""

    help = """\
Check that looks, events and kept bodies stand as they were written.

Each row carries the hash of what it says and of the row before it. This walks
the chains of releases' events, of looks, of reports' events and of exports of
the register, and prints for each the number of rows and that it holds. Where one does not hold, its first
broken row is named on standard error and the exit code is 1.

Then it reads every kept body and compares it with its hash and with the look
that brought it; the first that differs is named in the same way."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk every chain, read every body, and name what does not hold."""
        broken = 0
        for row in CHAINS:
            count, why = check_chain(row)
            if why is None:
                self.stdout.write(f"{row.CHAIN}: {count} row{'' if count == 1 else 's'}, holds")
            else:
                self.stderr.write(f"{row.CHAIN}: {why}")
                broken += 1
        bodies, why = check_bodies()
        if why is None:
            self.stdout.write(f"releases.body: {bodies} {'body, holds' if bodies == 1 else 'bodies, hold'}")
        else:
            self.stderr.write(f"releases.body: {why}")
        sentences = [f"{broken} of {len(CHAINS)} chains do not stand as they were written."] if broken else []
        if why is not None:
            sentences.append("The kept bodies do not stand as they were seen.")
        if sentences:
            raise CommandError(" ".join(sentences))
