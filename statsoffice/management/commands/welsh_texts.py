"""The command that shows the state of the Welsh translation, and exports the public texts for approval."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from releases.management.base import PlainCommand
from releases.rules.tables import TableKind, write_table
from statsoffice import welsh


class Command(PlainCommand):
    help = """\
Show how many texts have a Welsh translation and whether public pages are in Welsh.

With --csv, write the public texts in English and Welsh as a table, for the person who
approves them."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--csv", action="store_true", help="write the public texts as a table (CSV)")

    def handle(self, *args: Any, **options: Any) -> None:
        entries = welsh.read_catalogue()
        public = [entry for entry in entries if entry.is_public]
        if options["csv"]:
            self._write_table(public)
            return
        digest = welsh.digest_texts(entries)
        for name, texts in (("public texts", public), ("all texts", entries)):
            translated = len(texts) - len(welsh.list_missing_texts(texts))
            self.stdout.write(f"{name}: {translated} of {len(texts)} translated")
        self.stdout.write(f"digest of the public texts: {digest}")
        if welsh.is_approved():
            self.stdout.write(f"Public pages are in Welsh. {settings.WELSH_APPROVED_BY} approved the texts.")
        elif settings.WELSH_APPROVED_BY:
            self.stdout.write(welsh.CHANGED_SINCE % {"person": settings.WELSH_APPROVED_BY})
        else:
            self.stdout.write("Public pages are in English only. No one has approved the Welsh texts.")

    def _write_table(self, public: list[welsh.Entry]) -> None:
        rows = []
        for entry in public:
            forms = [entry.text, *([entry.plural] * (len(entry.translations) - 1))]
            for number, (english, translated) in enumerate(zip(forms, entry.translations, strict=True)):
                note = f"plural form {number} of {len(forms)}" if entry.plural else entry.context
                rows.append([english, translated, note])
        table = write_table(TableKind.CSV, ["english", "welsh", "note"], rows, title="")
        self.stdout.write(table.decode(), ending="")
