"""Exemptions in the admin site: recorded by the Head of Profession or a deputy, ended and never changed or deleted."""

from datetime import UTC, date, datetime

import pytest

from releases import exemptions
from releases.models import Exemption
from releases.rules.lifecycle import Role
from releases.verdict.release import Covers
from tests.support.admin_site import page, said, signed_in, staff
from tests.support.factories import SeriesFactory, create_member, rolled_back
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 20, 9, 0, tzinfo=UTC)
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def series():
    return SeriesFactory()


@shared_fixture
def exemption(series):
    return kept(series)


def typed(of, **fields):
    return {
        "producer": of.producer.pk,
        "series": of.pk,
        "reference": "OSR 2020/17",
        "approved_on": "2020-06-19",
        "covers_from": "2020-06-30",
        "covers_to": "2020-07-03",
        "covers_late": "on",
        "words": "Later while the website is moved.",
        **fields,
    }


def kept(series):
    exemption = Exemption(
        producer=series.producer,
        series=series,
        reference="OSR 2020/17",
        approved_on=date(2020, 6, 19),
        covers_from=date(2020, 6, 30),
        covers_to=date(2020, 7, 3),
        covers_late=True,
        words="Later.",
    )
    return exemptions.record_exemption(exemption, by=create_member(Role.HEAD_OF_PROFESSION, series.producer), at=NOW)


def errors(response):
    return {name: [str(error) for error in found] for name, found in response.context["adminform"].form.errors.items()}


def test_exemptions_are_recorded_by_those_who_lead_and_read_by_everyone_of_the_producer(series, subtests):
    for role in Role:
        client = staff(role, series.producer)
        with subtests.test(role), rolled_back():
            response = client.post(page("exemption", "add"), typed(series))
            assert response.status_code == (302 if role in LEADS else 403)
            assert Exemption.objects.exists() == (role in LEADS)
            exemption = kept(series)
            shown = client.get(page("exemption", "change", exemption.pk)).content.decode()
            assert "OSR 2020/17" in shown
            assert ('name="end"' in shown) == (role in LEADS)


def test_what_is_typed_is_kept_with_who_recorded_it_and_when(series):
    client = staff(Role.DEPUTY, series.producer)
    client.post(page("exemption", "add"), typed(series, covers_early="on"))
    exemption = Exemption.objects.get()
    assert (exemption.series, exemption.recorded_at, exemption.recorded_by.memberships.get().role) == (
        series,
        NOW,
        "deputy",
    )
    assert exemptions.exemption_terms(exemption).covers == {Covers.LATE, Covers.EARLY}
    assert Exemption.history.count() == 1


def test_an_approval_that_cannot_be_so_is_refused_on_its_field(series, subtests):
    client = staff(Role.DEPUTY, series.producer)
    for case, fields, field in (
        ("approved tomorrow", {"approved_on": "2020-06-21"}, "approved_on"),
        ("ends before it begins", {"covers_to": "2020-06-29"}, "covers_to"),
        ("covers nothing", {"covers_late": ""}, "covers_late"),
        ("says nothing", {"words": ""}, "words"),
    ):
        with subtests.test(case):
            response = client.post(page("exemption", "add"), typed(series, **fields))
            assert field in errors(response)
            assert not Exemption.objects.exists()


def test_producers_and_series_of_others_are_not_offered_and_refused_if_posted(series):
    theirs = SeriesFactory()
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    form = client.get(page("exemption", "add")).context["adminform"].form
    assert list(form.fields["producer"].queryset) == [series.producer]
    assert list(form.fields["series"].queryset) == [series]
    for fields in ({"producer": theirs.producer.pk}, {"series": theirs.pk}):
        assert set(errors(client.post(page("exemption", "add"), typed(series, **fields)))) & set(fields)
    foreign = kept(theirs)
    assert client.get(page("exemption", "change", foreign.pk)).status_code == 404
    assert client.post(page("exemption", "change", foreign.pk), {"end": "in_error"}).status_code == 404
    assert not Exemption.objects.filter(producer=series.producer).exists()


def test_a_series_of_another_of_ones_own_producers_is_refused(series):
    other = SeriesFactory()
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer, is_staff=True)
    other.producer.memberships.create(user=head, role=Role.HEAD_OF_PROFESSION)
    response = signed_in(head).post(page("exemption", "add"), typed(series, series=other.pk))
    assert "belongs to another producer" in errors(response)["series"][0]


def test_what_was_recorded_cannot_be_changed_by_a_direct_post(series, exemption):
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    sent = typed(series, reference="Forged", covers_to="2030-01-01", covers_early="on")
    assert set(errors(client.post(page("exemption", "change", exemption.pk), sent))) == {"end", "end_words"}
    sent |= {"end": "withdrawn", "end_words": "By letter."}
    assert client.post(page("exemption", "change", exemption.pk), sent).status_code == 302
    stored = Exemption.objects.get()
    assert (stored.reference, stored.covers_to, stored.covers_early) == ("OSR 2020/17", date(2020, 7, 3), False)
    assert (stored.end, stored.end_words, stored.ended_at) == ("withdrawn", "By letter.", NOW)
    assert Exemption.history.count() == 2


def test_an_exemption_that_has_ended_stays_as_it_ended(series, exemption):
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    client.post(page("exemption", "change", exemption.pk), {"end": "withdrawn", "end_words": "By letter."})
    again = client.post(page("exemption", "change", exemption.pk), {"end": "in_error", "end_words": "Otherwise."})
    assert again.status_code == 403
    assert Exemption.objects.get().end == "withdrawn"


def test_someone_who_ended_it_first_is_told_of(series, monkeypatch, exemption):
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    client = staff(Role.DEPUTY, series.producer)
    end = exemptions.end_exemption

    def end_after_somebody_else(*args, **kwargs):
        if not Exemption.objects.get().end:
            end(exemption, Exemption.End.WITHDRAWN, words="First", by=head, at=NOW)
        return end(*args, **kwargs)

    monkeypatch.setattr(exemptions, "end_exemption", end_after_somebody_else)
    response = client.post(page("exemption", "change", exemption.pk), {"end": "in_error", "end_words": "Second"})
    assert "has already ended" in said(response)[0]
    assert Exemption.objects.get().end_words != "Second"


def test_no_exemption_is_deleted(series, exemption):
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    assert client.post(page("exemption", "delete", exemption.pk), {"post": "yes"}).status_code == 403
    assert Exemption.objects.exists()
