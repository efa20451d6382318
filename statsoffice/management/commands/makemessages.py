"""Django's command that collects texts for translation, which also finds our alias `lazy` and marks public texts."""

from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages

from statsoffice import welsh


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=lazy"]

    def handle(self, *args: Any, **options: Any) -> None:
        # Only file names are written, because line numbers would change with every edit. Tests and other people's
        # packages are ignored, because they have no texts of ours.
        if not options["no_location"]:
            options["add_location"] = options["add_location"] or "file"
        options["ignore_patterns"] += ["tests/*", "benchmarks/*", "node_modules/*", ".venv/*", "var/*"]
        super().handle(*args, **options)

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        path = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(welsh.mark_public(lines, root=Path.cwd())), encoding="utf-8")
