"""Django's `makemessages`, extended to find our alias `lazy` and to mark public texts."""

from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages

from statsoffice import welsh


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=lazy"]

    def handle(self, *args: Any, **options: Any) -> None:
        # Write file names without line numbers, because line numbers would change with every edit. Ignore tests and
        # third-party packages, because they contain none of our texts.
        if not options["no_location"]:
            options["add_location"] = options["add_location"] or "file"
        options["ignore_patterns"] += ["tests/*", "benchmarks/*", "node_modules/*", ".venv/*", "var/*"]
        super().handle(*args, **options)

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        path = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(welsh.mark_public(lines, root=Path.cwd())), encoding="utf-8")
