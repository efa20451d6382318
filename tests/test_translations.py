"""All texts for people can be translated: templates hold none outside, and the tool that collects them runs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.servers import programs
from tests.templates_untranslated import untranslated
from tests.test_house import name, tracked

pytestmark = pytest.mark.one_database

# What these say is evidence or a published form, in the words of its publisher, and not the words of a page.
IN_WORDS_OF_THEIR_OWN = {
    "templates/breaches/document.html",
    "templates/breaches/document_body.html",
    "templates/canary/page.html",
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


def test_the_texts_are_collected_for_translators(tmp_path):
    """Run makemessages over a copy, because it writes beside the code."""
    for folder in ("releases", "breaches", "statsoffice", "templates"):
        shutil.copytree(settings.BASE_DIR / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "--locale", "cy", "--no-location"]
    tools = Path(programs.xgettext()).parent
    environment = {"STATSOFFICE_VAR": str(tmp_path / "var"), "PATH": f"{tools}:/usr/bin:/bin"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    collected = (tmp_path / "locale" / "cy" / "LC_MESSAGES" / "django.po").read_text()
    for text in ("What needs attention", "Nothing of yours is due tomorrow.", "Back to the report", "Not judged yet"):
        assert f'msgid "{text}"' in collected
