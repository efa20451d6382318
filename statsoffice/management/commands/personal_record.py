"""The command that answers a person who asks which data is held about them."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from releases.management.base import PlainCommand
from statsoffice import personal_record


class Command(PlainCommand):
    help = """\
Write as JSON what the database holds about one person.

It holds their account (without the password), from where they are signed in, the
rows that name them as the one who acted, by table, and every row whose text holds
their address, their name, or a name that stands beside their address. Look
through it before you hand it over: it can hold things about others, and what is
not published yet. Kept pages and approved documents are not searched."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="the person's e-mail address, with an account or without")

    def handle(self, *args: Any, **options: Any) -> None:
        held = personal_record.collect_personal_data(options["email"])
        self.stdout.write(json.dumps(held, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder))
