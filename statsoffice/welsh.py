"""Public pages in Welsh: their translations, the approval of translations, and links between languages."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from releases.rules.canonical import canonical_json, sha256_hex
from releases.text.languages import ENGLISH, WELSH, WELSH_PREFIX, is_welsh

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / WELSH / "LC_MESSAGES" / "django.po"
PUBLIC_MARK = "public"
"""The comment in the catalogue that marks a text of a public page. `manage.py makemessages` writes the comment."""
CHANGED_SINCE = "The Welsh texts have changed since %(person)s approved them, so public pages are in English only."

PUBLIC_FILES = frozenset(
    {
        "templates/403.html",
        "templates/404.html",
        "templates/429.html",
        "templates/500.html",
        "templates/too_many_requests.html",
        "templates/base.html",
        "templates/skeleton.html",
        "templates/breaches/public/being_corrected.html",
        "templates/breaches/public/body.html",
        "templates/breaches/public/punctuality.html",
        "templates/breaches/public/punctuality_figures.html",
        "templates/breaches/public/punctuality_list.html",
        "templates/breaches/public/statement.html",
        "templates/breaches/public/statements.html",
        "templates/components/back_link.html",
        "templates/components/language_navigation.html",
        "templates/components/pagination.html",
        "templates/components/problem_list.html",
        "templates/components/service_navigation.html",
        "templates/components/sort_links.html",
        "templates/govuk/whole_uni_form.html",
        "templates/guides/accessibility.html",
        "templates/guides/contact.html",
        "templates/guides/cookies.html",
        "templates/guides/privacy.html",
        "templates/releases/calendar.html",
        "templates/releases/calendar_empty.html",
        "templates/releases/calendar_list.html",
        "templates/releases/correction_notice.html",
        "templates/releases/correction_notices.html",
        "templates/releases/delay_notice_facts.html",
        "templates/releases/delay_notices.html",
        "templates/releases/facts.html",
        "templates/releases/feed_links.html",
        "templates/releases/follow.html",
        "templates/releases/follow_one.html",
        "templates/releases/months.html",
        "templates/releases/move_notice.html",
        "templates/releases/pre_release/lists.html",
        "templates/releases/pre_release/published.html",
        "templates/releases/public_changes.html",
        "templates/releases/public_reason.html",
        "templates/releases/release.html",
        "releases/public/feeds.py",
        "releases/text/dates.py",
    }
)
"""Files in which all texts are for readers."""

PUBLIC_NAMES: Mapping[str, tuple[str, ...]] = {
    "breaches/compliance_figures.py": ("describe_on_time",),
    "breaches/models/choices.py": ("KIND_CHOICES",),
    "breaches/views/public.py": ("statement_columns",),
    "releases/forms.py": ("FilterForm",),
    "releases/models/producer.py": ("Designation",),
    "releases/text/calendar.py": ("STATUSES", "agreement_sentence", "departure_sentence"),
    "releases/text/pre_release.py": ("judgement_sentence", "write_period"),
    "releases/text/release.py": ("describe_seconds",),
    "releases/views/calendar.py": ("NOT_THERE", "VIEWS", "CalendarFilter", "calendar_file_page", "change_feed_page"),
    "releases/views/pre_release.py": ("list_columns",),
    "statsoffice/guides.py": ("cookies",),
    "statsoffice/middleware.py": ("RateLimit",),
    "statsoffice/navigation.py": ("SECTIONS", "find_signed_out_links"),
}
"""Modules in which only some texts are for readers.

Maps the path of each module to the names of the classes, functions and constants that contain these texts.
"""


@dataclass(slots=True)
class Entry:
    """A gettext entry.

    `translations` has one item, or one for each plural form if the text has a plural. `files` are the source files that
    use the text. `comments` are the extracted comments (`#.`).
    """

    context: str = ""
    text: str = ""
    plural: str = ""
    translations: list[str] = field(default_factory=list)
    is_fuzzy: bool = False
    files: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset()

    @property
    def is_public(self) -> bool:
        return PUBLIC_MARK in self.comments

    @property
    def is_translated(self) -> bool:
        return bool(self.translations) and all(self.translations) and not self.is_fuzzy


def read_catalogue(path: Path = CATALOGUE) -> list[Entry]:
    """Read a gettext catalogue. Leave out the header and obsolete texts."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    entries = (_read_entry(block.splitlines()) for block in blocks)
    return [entry for entry in entries if entry.text]


def _read_entry(lines: Iterable[str]) -> Entry:
    entry, values, key = Entry(), dict[str, str](), ""
    for line in lines:
        if line.startswith("#:"):
            entry.files |= {place.rpartition(":")[0] or place for place in line[2:].split()}
        elif line.startswith("#."):
            entry.comments |= {line[2:].strip()}
        elif line.startswith("#,"):
            entry.is_fuzzy |= "fuzzy" in line
        elif line and not line.startswith("#"):
            if not line.startswith('"'):
                key, _, line = line.partition(" ")
            values[key] = values.get(key, "") + ast.literal_eval(line)
    entry.context, entry.text = values.pop("msgctxt", ""), values.pop("msgid", "")
    entry.plural = values.pop("msgid_plural", "")
    entry.translations = [values[name] for name in sorted(values)]
    return entry


def digest_texts(entries: Iterable[Entry]) -> str:
    """Return the digest of the public texts and their translations: 16 hexadecimal digits."""
    public = ([each.context, each.text, each.plural, each.translations] for each in entries if each.is_public)
    return sha256_hex(canonical_json(sorted(public)))[:16]


@cache
def current_digest() -> str:
    return digest_texts(read_catalogue())


def is_approved() -> bool:
    """Return whether a person has approved the public texts, and the texts have not changed since.

    The settings contain the name of the person and the digest of the approved texts.
    """
    return bool(settings.WELSH_APPROVED_BY) and current_digest() == settings.WELSH_APPROVED_TEXTS


def list_missing_texts(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_translated]


def mark_public(lines: Iterable[str], *, root: Path) -> Iterator[str]:
    """Yield the lines of a catalogue. Add the public mark to each public text, and remove it from all other texts."""
    literals = {name: _literals(root / name, within) for name, within in PUBLIC_NAMES.items()}
    block: list[str] = []
    for line in [*lines, ""]:
        if line:
            block.append(line)
            continue
        entry = _read_entry(block)
        is_public = entry.files & PUBLIC_FILES or any(entry.text in literals.get(name, ()) for name in entry.files)
        rest = [each for each in block if each != f"#. {PUBLIC_MARK}"]
        # The mark is an extracted comment (`#.`), so it must come after the comments of translators (`# `).
        place = next((number for number, each in enumerate(rest) if not each.startswith("# ")), 0)
        marks = [f"#. {PUBLIC_MARK}"] if entry.text and is_public else []
        if rest:
            yield from (*rest[:place], *marks, *rest[place:], "")
        block = []


def _literals(path: Path, names: Iterable[str]) -> frozenset[str]:
    """Return the string literals in some functions, classes and constants of a module.

    :raises ValueError: if one of the names is missing from the module. Without this error, the texts of the name would
        be left out of the approval.
    """
    module = ast.parse(path.read_text(encoding="utf-8"))
    found, missing = set[str](), set(names)
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = {getattr(node, "name", ""), *(getattr(target, "id", "") for target in targets)}
        if named & set(names):
            missing -= named
            found |= {
                each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    if missing:
        raise ValueError(f"{path} has no {', '.join(sorted(missing))}; correct PUBLIC_NAMES.")
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    tag: str
    name: str
    address: str
    is_current: bool

    @property
    def absolute(self) -> str:
        return f"{settings.ADDRESS}{self.address}"


@dataclass(frozen=True, slots=True)
class LanguageLinks:
    links: tuple[LanguageLink, LanguageLink]


def find_language_links(request: HttpRequest | None) -> LanguageLinks | None:
    """Return the links to the English and the Welsh version of a page.

    Return None if the page is not in both languages, or if the Welsh texts are not approved.
    """
    match = request.resolver_match if request else None
    if request is None or match is None or not is_approved():
        return None
    addresses = {}
    for language in (settings.LANGUAGE_CODE, WELSH):
        with translation.override(language):
            addresses[language] = reverse(match.view_name, args=match.args, kwargs=match.kwargs)
    if not addresses[WELSH].startswith(f"/{WELSH_PREFIX}"):
        return None
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return LanguageLinks(
        (
            LanguageLink(ENGLISH, "English", addresses[settings.LANGUAGE_CODE] + query, not is_welsh()),
            LanguageLink(WELSH, "Cymraeg", addresses[WELSH] + query, is_welsh()),
        )
    )
