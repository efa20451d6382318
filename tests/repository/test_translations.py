"""All texts for people can be translated: pages and modules hold none outside, and the tool that collects them runs."""

import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.functional import Promise

from statsoffice import welsh
from tests.repository.test_house import name, tracked
from tests.servers import programs
from tests.support.python_untranslated import untranslated as untranslated_in
from tests.support.templates_untranslated import untranslated

# Two kinds of texts stay in English on purpose. What becomes part of an official record (the account of a breach
# report, its remarks, its document) is one text for all its readers, and its hash is stored. The sentences of the pure
# core (why a date, a file or an address cannot be taken) know no Django, and are written for the people who work here.
# What these say is evidence or a published form, in the words of its publisher, and not the words of a page.
IN_WORDS_OF_THEIR_OWN = {
    "templates/breaches/document.html",
    "templates/breaches/document_body.html",
    "templates/breaches/document_text.html",
    "templates/notifications/report_to_send.txt",
    "templates/self_monitoring/page.html",
}


def found():
    """List the templates with texts that no translation reaches, and these texts."""
    templates = [path for path in tracked("templates/*") if path.suffix in {".html", ".txt"}]
    assert templates
    return {name(path): texts for path in templates if (texts := untranslated(path.read_text()))}


def test_no_template_holds_words_that_cannot_be_translated():
    assert found().keys() == IN_WORDS_OF_THEIR_OWN


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("<p>Some words</p>", ["Some words"]),
        ("<p>{{ count }} more <b>releases</b></p>", ["more", "releases"]),
        ('<nav aria-label="Years"></nav>', ["Years"]),
        ('<input type="submit" value="Save it">', ["Save it"]),
        ('{% include "components/empty.html" with text="Nothing here" %}', ["Nothing here"]),
        ('{{ text|default:"Back" }}', ["Back"]),
        ('{% if found %}Error: {% endif %}{% translate "Desk" %}', ["Error:"]),
        ('<p class="govuk-body" id="x">{{ sentence }} · 1</p>', []),
        ('<p>{% translate "Some words" %}</p>', []),
        ("<p>{% blocktranslate %}Some words{% plural %}Others{% endblocktranslate %}</p>", []),
        ("{# Some words #}{% comment %}Others{% endcomment %}<script>var words = 1;</script>", []),
        ('{% include "components/empty.html" with text=_("Nothing here") %}', []),
        ('{% block group_attributes %}data-module="some-module"{% endblock %}<i>SHA-256</i>', []),
    ],
)
def test_the_search_finds_what_people_read_and_nothing_else(source, texts):
    assert untranslated(source) == texts


# Whose words are not those of a page: documents of the API for programmers, in one language as its field names are.
FOR_PROGRAMMERS = {"releases/public/api.py", "statsoffice/office_api/api.py"}
# What plays a publisher's site in a rehearsal, and the contents of the demo.
PLAYED = ("statsoffice/fake_publisher/", "statsoffice/demo/")


def test_no_module_holds_labels_choices_or_messages_that_cannot_be_translated():
    modules = [path for app in ("releases", "breaches", "statsoffice") for path in tracked(f"{app}/*.py")]
    assert modules
    found = {name(path): texts for path in modules if (texts := untranslated_in(path.read_text()))}
    left = {path for path in found if not path.startswith(PLAYED) and "/migrations/" not in path}
    assert {path: found[path] for path in left - FOR_PROGRAMMERS} == {}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('x = Field(label="Some words")', ["Some words"]),
        ('field.help_text = "Some words" if found else _("Others")', ["Some words"]),
        ('messages.error(request, f"{one} and others")', [" and others"]),
        ('x = models.DateField("first day")', ["first day"]),
        ('x = forms.ChoiceField(choices=[("code", "Some words")])', ["Some words"]),
        ('class Kind(models.TextChoices):\n    ONE = "one", "Some words"', ["Some words"]),
        ('x = Field(label=_("Some words"), error_messages={"required": lazy("Others")})', []),
        ('messages.error(request, str(refusal))\nlogger.error("Some words")', []),
        ('class Configured(AppConfig):\n    label = "releases"', []),
        ('x = models.OneToOneField("self")', []),
    ],
)
def test_the_search_in_modules_finds_what_people_read_and_nothing_else(source, texts):
    assert untranslated_in(source) == texts


@pytest.mark.parametrize("app", ["releases", "breaches", "accounts", "canary", "office_api", "outbox", "webhooks"])
def test_every_choice_of_every_field_can_be_translated(app):
    choices = [
        (field, choice)
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.fields
        for choice in field.flatchoices
    ]
    assert [(str(field), code) for field, (code, words) in choices if not isinstance(words, Promise)] == []


def test_the_compiled_words_of_the_admin_site_are_those_of_the_catalogue():
    catalogue = settings.BASE_DIR / "locale" / "en_GB" / "LC_MESSAGES"
    written = re.findall(
        r'^msgid "(.+)"\n(?:msgid_plural .*\n)?msgstr(?:\[0\])? "(.+)"',
        (catalogue / "django.po").read_text(),
        re.MULTILINE,
    )
    with (catalogue / "django.mo").open("rb") as compiled:
        translations = GNUTranslations(compiled)
    assert len(written) > 15
    for source, words in written:
        found = translations.ngettext(source, "", 1) if "error below" in source else translations.gettext(source)
        assert found == words


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The Welsh catalogue as makemessages writes it, over a copy, because the command writes next to the code."""
    folder = tmp_path_factory.mktemp("collected")
    for source in ("releases", "breaches", "statsoffice", "templates", "locale"):
        shutil.copytree(settings.BASE_DIR / source, folder / source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(settings.BASE_DIR / "manage.py", folder)
    command = [sys.executable, "manage.py", "makemessages", "--locale", "cy"]
    tools = Path(programs.xgettext()).parent
    environment = {"STATSOFFICE_VAR": str(folder / "var"), "PATH": f"{tools}:/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return welsh.read_catalogue(folder / "locale" / "cy" / "LC_MESSAGES" / "django.po")


def test_the_texts_are_collected_for_translators(collected):
    texts = {entry.text for entry in collected}
    assert {"Needs attention", "No releases due today.", "Back to the report", "No result yet"} <= texts


def test_every_text_for_readers_has_a_welsh_translation(collected):
    """If it fails: run `manage.py makemessages --locale cy`, translate, and compile as locale/README.md says."""
    public = [entry for entry in collected if entry.is_public]
    assert len(public) > 300
    assert [entry.text for entry in welsh.list_missing_texts(public)] == []
    assert welsh.digest_texts(collected) == welsh.current_digest()


def test_a_text_that_only_staff_read_is_not_among_those_to_approve(collected):
    public = {entry.text for entry in collected if entry.is_public}
    assert {"Release calendar", "Confirmed for %(date)s.", "Skip to main content", "Filters"} <= public
    assert not {"Needs attention", "Back to the report", "Reason for cancelling"} & public


def test_every_file_with_texts_for_readers_is_there():
    for path in (*welsh.PUBLIC_FILES, *welsh.PUBLIC_NAMES):
        assert (settings.BASE_DIR / path).is_file(), path


def test_the_compiled_welsh_texts_are_those_of_the_catalogue():
    with welsh.CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        translations = GNUTranslations(compiled)
    # One number for each plural form of Welsh, in their order.
    numbers = (0, 1, 2, 3, 6, 4)
    for entry in welsh.read_catalogue():
        if not entry.is_translated:
            continue
        if entry.plural:
            found = [translations.ngettext(entry.text, entry.plural, number) for number in numbers]
        elif entry.context:
            found = [translations.pgettext(entry.context, entry.text)]
        else:
            found = [translations.gettext(entry.text)]
        assert found == entry.translations


def test_welsh_translations_have_the_same_values_and_markup():
    values = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|<[^>]+>")
    for entry in welsh.read_catalogue():
        if not entry.is_translated:
            continue
        last, first = sorted(values.findall(entry.plural or entry.text)), entry.translations
        assert sorted(values.findall(first[-1])) == last, entry.text
        # A singular may leave out its number.
        for form in first[:-1]:
            assert set(values.findall(form)) <= set(last), entry.text
