"""Adding a release in one form: its series fills it in, a release can be duplicated, and unusual days are warned of."""

import re
from datetime import UTC, date, datetime, time

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from releases.models import Release, Series
from releases.rules.lifecycle import Role
from tests.support.admin_site import address_rows, form_of, page, refusals, staff
from tests.support.factories import ContactFactory, ReleaseFactory, SeriesFactory, london_slot
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
MONTHS = [date(2026, 8, 12), date(2026, 9, 16), date(2026, 10, 14), date(2026, 11, 11)]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def series():
    """A monthly series; its last release was about October 2026."""
    series = SeriesFactory(title="Rain in towns", slug="rain")
    for on in MONTHS:
        about = date(on.year, on.month - 1, 1)
        ReleaseFactory(
            series=series,
            reference=f"rain-{on:%Y-%m-%d}",
            title=f"Rain in towns: {about:%B %Y}",
            slot=london_slot(on),
            url=f"https://www.example.gov.uk/rain-{about:%B-%Y}".lower(),
            marker=f"{about:%B %Y}",
        )
    return series


@pytest.fixture
def client(series):
    return staff(Role.CALENDAR_MANAGER, series.producer)


def initial(response):
    form = response.context["adminform"].form
    return {name: form[name].value() for name in ("title", "reference", "planned_on", "planned_at", "precision")}


def filled_in(client, **query):
    return client.get(page("release", "add"), query)


def test_a_series_fills_in_title_reference_date_time_page_and_people(client, series):
    response = filled_in(client, series=series.pk)
    assert initial(response) == {
        "title": "Rain in towns: November 2026",
        "reference": "rain-2026-12-09",
        "planned_on": date(2026, 12, 9),
        "planned_at": "9:30am",
        "precision": "exact",
    }
    (inline,) = response.context["inline_admin_formsets"]
    assert inline.formset.forms[0]["url"].value() == "https://www.example.gov.uk/rain-november-2026"
    assert inline.formset.forms[0]["marker"].value() == "November 2026"
    for person in (series.responsible, series.head_of_profession):
        assert person.name in response.text


def test_the_filled_in_form_is_saved_as_it_is(client, series):
    values = initial(filled_in(client, series=series.pk))
    page_row = {"url": "https://www.example.gov.uk/rain-november-2026", "marker": "November 2026"}
    new = {**values, "series": series.pk, "planned_on": "2026-12-09"}
    new["welsh_title"] = "Glaw mewn trefi: Tachwedd 2026"
    response = client.post(f"{page('release', 'add')}?series={series.pk}", new | address_rows(None, page_row))
    assert response.status_code == 302, refusals(response)
    made = Release.objects.get(reference="rain-2026-12-09")
    assert (made.title, made.status) == ("Rain in towns: November 2026", "provisional")
    assert made.welsh_title == "Glaw mewn trefi: Tachwedd 2026"
    assert made.addresses.get().marker == "November 2026"


def test_the_button_beside_the_series_fills_in_the_form_without_a_script(client, series):
    response = client.post(page("release", "add"), {"series": series.pk, "_fill": "yes"})
    assert response.url == f"{page('release', 'add')}?series={series.pk}"
    assert 'name="_fill"' in client.get(page("release", "add")).text


def test_a_duplicate_of_a_release_is_the_one_that_follows_it(client, series):
    release = Release.objects.get(reference="rain-2026-09-16")
    address = f"{page('release', 'add')}?like={release.pk}"
    assert f'href="{address}"' in client.get(page("release", "change", release.pk)).text
    # The reference of the next release is taken, so that the suggested one is another.
    assert initial(client.get(address)) == {
        "title": "Rain in towns: September 2026",
        "reference": "rain-2026-10-21",
        "planned_on": date(2026, 10, 21),
        "planned_at": "9:30am",
        "precision": "exact",
    }


def test_the_first_release_of_a_series_names_its_month(client, series):
    new = SeriesFactory(title="Wind", slug="wind", producer=series.producer, release_time=time(9, 30))
    found = initial(filled_in(client, series=new.pk))
    # Four weeks ahead are 25 December; the next working day is the 29th.
    assert (found["title"], found["reference"]) == ("Wind: December 2026", "wind-2026-12")
    assert found["planned_on"] == date(2026, 12, 29)


def test_a_quarterly_series_goes_on_by_quarters(client, series):
    wind = SeriesFactory(title="Wind", slug="wind", producer=series.producer)
    for number, on in enumerate((date(2026, 2, 17), date(2026, 5, 19), date(2026, 8, 18), date(2026, 11, 17)), 1):
        url = f"https://www.example.gov.uk/wind-{number}"
        ReleaseFactory(
            series=wind, reference=f"wind-q{number}-2026", title=f"Wind Q{number} 2026", slot=london_slot(on), url=url
        )
    found = initial(filled_in(client, series=wind.pk))
    assert (found["title"], found["reference"]) == ("Wind Q1 2027", "wind-q1-2027")
    assert found["planned_on"] == date(2027, 2, 16)


def test_nothing_of_another_producer_is_filled_in(client):
    foreign = ReleaseFactory(reference="foreign-2026-10", slot=london_slot(date(2026, 10, 14)))
    for query in ({"series": foreign.series_id}, {"like": foreign.pk}, {"series": "x"}, {"like": "9" * 30}):
        found = initial(filled_in(client, **query))
        assert (found["title"], found["planned_on"], found["planned_at"]) == (None, None, "9:30am")


def new_release(series, on, **fields):
    new = {
        "series": series.pk,
        "reference": "new",
        "title": "New",
        "planned_on": f"{on:%Y-%m-%d}",
        "planned_at": "09:30",
    }
    return new | {"precision": "exact"} | address_rows(None) | fields


def test_the_errors_of_a_form_name_their_fields_and_lead_to_them(client, series):
    no_marker, not_an_address = {"url": "https://www.example.gov.uk/a", "marker": ""}, {"url": "rain", "marker": "rain"}
    new = new_release(series, date(2026, 12, 12), title="") | address_rows(None, no_marker, not_an_address)
    tree = HTMLParser(client.post(page("release", "add"), new).text)
    found = {link.attributes["href"]: link.text() for link in tree.css(".govuk-error-summary a")}
    assert found["#id_title"] == "Enter “Title”"
    assert found["#id_planned_on"].startswith("Date: Saturday 12 December 2026 is at a weekend")
    assert found["#id_addresses-1-url"].startswith("Web page or file 2: ")
    assert all(tree.css_first(address) for address in found)
    assert "Please correct the error" not in tree.text()
    assert ">Select “Series”</a>" in client.post(page("release", "add"), {**new, "series": ""}).text


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 12, 12), "Saturday 12 December 2026 is at a weekend"),
        (date(2026, 12, 25), "Friday 25 December 2026 is a bank holiday (Christmas Day)"),
        (date(2026, 12, 24), "Your office is closed on Thursday 24 December 2026 (Privilege day)"),
    ],
)
def test_a_day_that_is_no_working_day_is_saved_only_once_it_was_warned_of(client, series, on, words):
    series.producer.non_working_days.create(on=date(2026, 12, 24), title="Privilege day")
    warned = client.post(page("release", "add"), new_release(series, on))
    assert refusals(warned)["planned_on"][0].startswith(words)
    assert f'name="use_day" value="{on:%Y-%m-%d}"' in warned.text
    # Agreeing to one day is not agreeing to another.
    other = client.post(page("release", "add"), new_release(series, on, use_day="2026-12-13"))
    assert refusals(other)["planned_on"]
    assert not Release.objects.filter(reference="new").exists()
    used = client.post(page("release", "add"), new_release(series, on, use_day=f"{on:%Y-%m-%d}"))
    assert used.status_code == 302, refusals(used)
    assert Release.objects.get(reference="new").planned_on == on


def test_a_provisional_date_moves_to_a_weekend_only_once_it_was_warned_of(client, series):
    release = Release.objects.get(reference="rain-2026-11-11")
    change = page("release", "change", release.pk)
    warned = client.post(change, form_of(release, new_on="2026-12-13"))
    assert refusals(warned)["new_on"][0].startswith("Sunday 13 December 2026 is at a weekend")
    assert client.post(change, form_of(release, new_on="2026-12-13", use_day="2026-12-13")).status_code == 302
    assert Release.objects.get(pk=release.pk).planned_on == date(2026, 12, 13)


def test_an_improbable_year_is_saved_only_once_it_was_warned_of(client, series):
    release = Release.objects.get(reference="rain-2026-11-11")
    change = page("release", "change", release.pk)
    warned = client.post(change, form_of(release, new_on="2062-12-14"))
    assert refusals(warned)["new_on"][0].startswith("The new date is 36 years later, so check the year")
    agreed = {"osr_reference": "OSR 1", "osr_agreed_on": "2026-11-02"}
    assert refusals(client.post(change, form_of(release, new_on="2062-12-16", **agreed)))["new_on"]
    assert client.post(change, form_of(release, new_on="2062-12-14", use_day="2062-12-14")).status_code == 302
    assert Release.objects.get(pk=release.pk).planned_on == date(2062, 12, 14)


def test_a_series_without_people_is_given_them_in_the_same_form(client, series):
    bare = SeriesFactory(title="Wind", producer=series.producer, responsible=None, head_of_profession=None)
    contact, foreign = series.responsible, ContactFactory()
    text = filled_in(client, series=bare.pk).text
    assert "This series has no contact." in text
    new = new_release(bare, date(2027, 1, 12), responsible=contact.pk, head_of_profession=foreign.pk)
    assert "head_of_profession" in refusals(client.post(page("release", "add"), new))
    new["head_of_profession"] = series.head_of_profession_id
    assert client.post(page("release", "add"), new).status_code == 302
    stored = Series.objects.get(pk=bare.pk)
    assert (stored.responsible, stored.head_of_profession) == (contact, series.head_of_profession)
    assert stored.history.first().history_user is not None


def test_the_people_of_a_series_stay_whatever_is_posted(client, series):
    other = ContactFactory(producer=series.producer)
    new = new_release(series, date(2027, 1, 12), responsible=other.pk, head_of_profession=other.pk)
    client.post(page("release", "add"), new)
    stored = Series.objects.get(pk=series.pk)
    assert (stored.responsible, stored.head_of_profession) == (series.responsible, series.head_of_profession)


def test_hidden_answers_have_no_label_and_a_choice_by_typing_is_valid_html(client, series):
    for address in (page("release", "add"), page("release", "change", Release.objects.first().pk)):
        text = client.get(address).text
        labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
        hidden = {
            name for tag in re.findall(r'<input type="hidden"[^>]*>', text) for name in re.findall(r'id="([^"]+)"', tag)
        }
        assert hidden
        assert not hidden & labelled
    select = re.search(r'<select name="series".*?</select>', client.get(page("release", "add")).text, re.DOTALL)
    assert " required" not in select[0].partition(">")[0]
    assert ' id="id_series"' in select[0].partition(">")[0]
    text = client.get(page("series", "change", series.pk)).text
    assert not re.search(r"<option(?![^>]*label=)[^>]*></option>", text)


def fill_in(client, series, address="", **typed):
    """Select the button beside the series, and return the page that it leads to."""
    answer = client.post(address or page("release", "add"), {"series": series.pk, "_fill": "yes", **typed})
    assert answer.status_code == 302
    return answer.url, client.get(answer.url)


def rows_of(response):
    (inline,) = response.context["inline_admin_formsets"]
    return [(form["url"].value(), form["marker"].value(), form["role"].value()) for form in inline.formset.forms]


def test_what_was_typed_before_the_series_fills_in_the_form_stays(client, series):
    typed = {"title": "Rain in villages", "planned_on": "2026-12-15", "planned_at": "09:30", "precision": "exact"}
    own = {"url": "https://www.example.gov.uk/villages", "marker": "villages"}
    news = {"url": "https://www.example.gov.uk/news", "role": "announcement"}
    _address, shown = fill_in(client, series, **typed, osr_reference="OSR 7", **address_rows(None, own, news))
    assert initial(shown) == {
        "title": "Rain in villages",
        "reference": "rain-2026-12-09",
        "planned_on": "2026-12-15",
        "planned_at": "9:30am",
        "precision": "exact",
    }
    assert shown.context["adminform"].form["osr_reference"].value() == "OSR 7"
    assert rows_of(shown) == [
        ("https://www.example.gov.uk/villages", "villages", "page"),
        ("https://www.example.gov.uk/news", "", "announcement"),
    ]


def test_a_typed_file_does_not_replace_the_suggested_page(client, series):
    file = {"url": "https://www.example.gov.uk/tables.csv", "role": "attachment"}
    _address, shown = fill_in(client, series, **address_rows(None, file))
    assert [role for _url, _marker, role in rows_of(shown)] == ["page", "attachment"]


def test_what_was_filled_in_from_one_series_is_replaced_by_another_and_what_was_typed_is_not(client, series):
    wind = SeriesFactory(title="Wind", slug="wind", producer=series.producer, release_time=time(9, 30))
    address, shown = fill_in(client, series, welsh_title="Glaw")
    filled = {name: value for name, value in initial(shown).items() if name != "planned_on"}
    (url, marker, _role) = rows_of(shown)[0]
    rows = address_rows(None, {"url": url, "marker": marker, "may_follow_minutes": "0"})
    form = {**filled, "planned_on": "2026-12-09", "planned_at": "09:30", "welsh_title": "Glaw"}
    _address, shown = fill_in(client, wind, address, **form, **rows)
    assert (initial(shown)["title"], initial(shown)["reference"]) == ("Wind: December 2026", "wind-2026-12")
    assert shown.context["adminform"].form["welsh_title"].value() == "Glaw"
    assert rows_of(shown)[0][0] is None


def test_a_contact_chosen_for_one_series_is_not_sent_for_another_that_has_its_own(client, series):
    bare = SeriesFactory(title="Wind", producer=series.producer, responsible=None, head_of_profession=None)
    chosen = {"responsible": str(series.responsible_id)}
    address, _shown = fill_in(client, bare)
    address, shown = fill_in(client, bare, address, **chosen)
    assert shown.context["adminform"].form["responsible"].value() == chosen["responsible"]
    _address, shown = fill_in(client, series, address, **chosen)
    assert shown.context["adminform"].form["responsible"].value() is None
