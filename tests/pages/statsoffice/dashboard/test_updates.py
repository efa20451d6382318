"""Which parts of the dashboard's list change automatically, and which stay the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.safestring import SafeString

from releases import judge
from releases.models import Release
from statsoffice.dashboard import today
from statsoffice.dashboard.live_text import join_live_texts, split_live_text
from tests.pages.statsoffice.dashboard.morning import AFTER, sign_in
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observations

DESK = reverse("desk")
PART = reverse("desk_part")


def the_list(*details, title="Schools"):
    pieces = "".join(f"<li>{title}<p id='p{n}' data-changing>{text}</p></li>" for n, text in enumerate(details))
    return split_live_text(SafeString(f"<ul>{pieces}</ul>"))


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (the_list("3 s", "<b>On time</b>"), {}),
        (the_list("1 s", "<b>On time</b>"), {"p0": "1 s"}),
        (the_list("1 s", "<b>Late</b> &amp; seen"), {"p0": "1 s", "p1": "<b>Late</b> &amp; seen"}),
        (the_list("3 s", "<b>On time</b>", title="Prisons"), None),
        (the_list("3 s"), None),
    ],
    ids=["nothing", "a piece", "both pieces", "what stands still", "how many there are"],
)
def test_only_what_changed_is_new(now, changed):
    shown = the_list("3 s", "<b>On time</b>").shown
    assert now.since(shown) == changed


def test_texts_that_were_split_one_by_one_change_as_one_text():
    def a_line(key, detail):
        return split_live_text(SafeString(f"<li>{key}<p id='{key}' data-changing>{detail}</p></li>"))

    around = the_list("3 due")
    shown = join_live_texts([around, a_line("a", "Late"), a_line("b", "Late")]).shown
    changed = join_live_texts([around, a_line("a", "Late"), a_line("b", "Live")])
    assert changed.since(shown) == {"b": "Live"}
    in_another_order = join_live_texts([around, a_line("b", "Late"), a_line("a", "Late")])
    assert in_another_order.since(shown) is None


@pytest.mark.parametrize("shown", ["", "nonsense", "é" * 24], ids=["nothing", "too short", "of the right length"])
def test_the_person_who_has_something_else_gets_all_of_it(shown):
    assert the_list("3 s", "5 s").since(shown) is None


@pytest.mark.django_db
def test_a_release_that_comes_to_the_day_brings_the_whole_list(client, clock, release):
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    ReleaseFactory(announced=True, reference="another", title="Another of today", series=release.series)
    response = client.get(PART, {name: part[name] for name in ("shown", "told", "waits", "checks")})
    assert '<div id="desk-today" hx-swap-oob="innerHTML">' in response.text
    assert "Another of today" in response.text


@pytest.mark.django_db
def test_the_longest_day_can_be_asked_for_in_one_address(client, clock, release, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_LINES", 3)
    others = [ReleaseFactory(announced=True, reference=f"of-{n}", series=release.series) for n in range(3)]
    create_observations(others[0], "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(others[0], now=AFTER)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    each = (len(part["shown"]) - 16) / 3
    assert 200 * each + 600 < 4094  # what gunicorn takes of one request's line


@pytest.mark.django_db
def test_of_many_verdicts_that_fall_together_three_are_told_by_name_and_the_others_counted(client, clock, release):
    others = [
        ReleaseFactory(announced=True, reference=f"of-{n}", title=f"Of {n}", series=release.series) for n in range(5)
    ]
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    for other in others:
        create_observations(other, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
        judge.judge_one(other, now=AFTER)
    response = client.get(PART, {name: part[name] for name in ("shown", "told", "waits", "checks")})
    told = "Of 0: On time. Of 1: On time. Of 2: On time. 2 more. 6 due, 5 live, 0 late, 0 to check. "
    assert f'hx-swap-oob="innerHTML">{told}' in response.text


@pytest.mark.django_db
def test_updates_can_be_paused_and_resumed(client, clock, release):
    sign_in(client, release)
    assert f'hx-get="{PART}' in client.get(DESK).text
    assert f'href="{DESK}?still">Pause automatic updates</a>' in client.get(DESK).text
    text = client.get(DESK, {"still": ""}).text
    assert "hx-get" not in text
    assert release.title in text
    assert f'href="{DESK}">Resume updates</a>' in text
    assert f'href="{DESK}?still">Refresh</a>' in text


@pytest.mark.django_db
def test_choices_of_the_reader_stay_while_one_of_them_changes_and_when_the_page_updates(client, clock, release):
    sign_in(client, release)
    text = client.get(DESK, {"large": "", "rehearsals": "show"}).text
    assert f'href="{DESK}?still&amp;large&amp;rehearsals=show">Pause automatic updates</a>' in text
    assert f'href="{DESK}?rehearsals=show">Exit wall screen view</a>' in text
    assert "&amp;large&amp;rehearsals=show" in text.partition('hx-get="')[2].partition('"')[0]


@pytest.mark.django_db
def test_a_line_is_rendered_once_until_something_that_it_shows_changes(client, clock, release):
    sign_in(client, release)
    client.get(DESK)
    misses = today._render_line.cache_info().misses
    client.get(DESK)
    assert today._render_line.cache_info().misses == misses
    Release.objects.filter(pk=release.pk).update(title="Another title")
    assert "Another title" in client.get(DESK).text


@pytest.mark.django_db
def test_a_page_that_did_not_change_gets_no_content(client, clock, release):
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    response = client.get(PART, {name: part[name] for name in ("shown", "told", "waits", "checks")})
    assert (response.status_code, response.content) == (204, b"")
