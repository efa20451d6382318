"""What a report says: written, hashed and read again; its missing, impossible or unusual values."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.answers import Answer, Answers, Extent
from breaches.rules.content import (
    LONG_AGO,
    Annex,
    AnnexCheck,
    AnnexOutput,
    AnnexPart,
    CitedPractice,
    ContactPerson,
    Output,
    ReportContent,
    ReportSection,
    TimelineEntry,
    content_digest,
    content_from_json,
    content_to_json,
    find_impossible,
    find_missing,
    find_odd,
    follow_answered_day,
    is_web_address,
)
from tests.support.seed_case import CONTENT as SEED

TODAY = date(2020, 6, 30)

TEXT = st.text(max_size=20)
PEOPLE = st.none() | st.builds(ContactPerson, name=TEXT, email=TEXT, telephone=TEXT, is_team=st.booleans())
INSTANTS = st.datetimes(timezones=st.just(UTC))
DELAYS = st.none() | st.tuples(st.floats(-9, 9), st.none() | st.floats(10, 20))
PARTS = st.builds(
    AnnexPart,
    name=TEXT,
    outcome=TEXT,
    last_not_live_at=st.none() | INSTANTS,
    first_live_at=st.none() | INSTANTS,
    delay=DELAYS,
    looks=st.lists(st.builds(AnnexCheck, sent_at=INSTANTS, answered_at=INSTANTS, showed=TEXT), max_size=2).map(tuple),
    not_listed=st.integers(0, 9),
)
OUTPUTS = st.builds(
    AnnexOutput,
    title=TEXT,
    due_at=INSTANTS,
    limit_at=INSTANTS,
    publisher_at=st.none() | INSTANTS,
    publisher_source=TEXT,
    parts=st.lists(PARTS, max_size=1).map(tuple),
    notes=st.lists(TEXT, max_size=1).map(tuple),
)
ANNEXES = st.builds(Annex, outputs=st.lists(OUTPUTS, max_size=1).map(tuple))
CONTENTS = st.builds(
    ReportContent,
    outputs=st.lists(st.builds(Output, title=TEXT, url=TEXT), max_size=3).map(tuple),
    producers=st.lists(TEXT, max_size=3).map(tuple),
    dealing=PEOPLE,
    head_of_profession=PEOPLE,
    statement_url=TEXT,
    report_date=st.none() | st.dates(),
    practices=st.lists(
        st.builds(
            CitedPractice,
            edition=TEXT,
            code=TEXT,
            principle=TEXT,
            text=TEXT,
            confirmed=st.booleans(),
            on=st.none() | st.dates(),
        ),
        max_size=2,
    ).map(tuple),
    other_practices=TEXT,
    occurred_on=st.lists(st.dates(), max_size=3).map(tuple),
    circumstances=TEXT,
    impact=TEXT,
    corrective_actions=TEXT,
    timeline=st.lists(
        st.builds(
            TimelineEntry,
            at=st.datetimes(timezones=st.just(UTC)),
            text=TEXT,
            source=TEXT,
        ),
        max_size=2,
    ).map(tuple),
    lead_official=st.booleans(),
    annex=st.none() | ANNEXES,
    answers=st.builds(
        Answers,
        what=st.none() | st.builds(Answer, text=TEXT.filter(bool)),
        people=st.none() | st.builds(Answer, number=st.integers(1, 99)),
        happened=st.none() | st.builds(Answer, on=st.dates(), at=st.none() | st.datetimes(timezones=st.just(UTC))),
        opened=st.none() | st.builds(Answer, extent=st.sampled_from(Extent)),
        noticed=st.none() | st.builds(Answer, why_unknown=TEXT.filter(bool)),
        deleted=st.none() | st.builds(Answer, why_not_applicable=TEXT.filter(bool)),
        contained=st.none() | st.builds(Answer, why_not_yet=TEXT.filter(bool)),
    ),
)


@given(CONTENTS)
def test_content_reads_back_from_real_json_as_the_same_value_with_the_same_digest(content):
    stored = json.dumps(content_to_json(content))

    assert content_from_json(json.loads(stored)) == content
    assert content_digest(content_from_json(json.loads(stored))) == content_digest(content)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ReportContent)])
def test_a_change_in_any_field_changes_the_digest(field):
    entries = (TimelineEntry(datetime(2020, 6, 30, 9, tzinfo=UTC), "The digital team was told.", "note-1"),)
    full = dataclasses.replace(
        SEED, statement_url="https://www.example.gov.uk/st", other_practices="V2", timeline=entries
    )
    answers = Answers(what=Answer("the final bulletin"))
    full = dataclasses.replace(full, lead_official=True, annex=Annex(()), answers=answers)
    empty: Any = getattr(ReportContent(), field)

    assert content_digest(dataclasses.replace(full, **{field: empty})) != content_digest(full)


def test_the_digest_is_the_same_on_every_machine_and_in_every_release_of_the_product():
    assert content_digest(SEED) == "32e1f1e7336c69bca25d8ae9d0f7c220e884900ef762ccc904512651ade04107"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"surprise": 1}, "surprise", id="unknown-field"),
        pytest.param({"outputs": [{"name": "x"}]}, "name", id="unknown-part"),
        pytest.param(
            {"outputs": [content_to_json(SEED)["outputs"][0] | {"surprise": 1}]},
            "surprise",
            id="unknown-field-of-a-part",
        ),
        pytest.param({"annex": {"outputs": [{"parts": [], "notes": []}]}}, "due_at", id="annex-that-lacks-a-time"),
    ],
)
def test_stored_content_that_does_not_fit_the_form_is_refused_by_name(change, named):
    with pytest.raises(ValueError, match=named):
        content_from_json({**content_to_json(SEED), **change})


def test_stored_content_that_is_missing_a_field_is_refused_by_name():
    stored = content_to_json(SEED)
    del stored["impact"]

    with pytest.raises(ValueError, match="impact"):
        content_from_json(stored)


def test_the_seeds_report_is_complete_possible_and_not_odd():
    assert find_missing(SEED) == ()
    assert find_impossible(SEED, today=TODAY) == ()
    assert find_odd(SEED, today=TODAY) == ()


@pytest.mark.parametrize(
    ("change", "section", "field"),
    [
        pytest.param({"outputs": ()}, ReportSection.CORE_INFORMATION, "outputs", id="no-output"),
        pytest.param({"outputs": (Output(" "),)}, ReportSection.CORE_INFORMATION, "outputs", id="untitled-output"),
        pytest.param({"producers": ("",)}, ReportSection.CORE_INFORMATION, "producers", id="no-producer"),
        pytest.param({"dealing": None}, ReportSection.CORE_INFORMATION, "dealing", id="nobody-dealing"),
        pytest.param(
            {"dealing": ContactPerson("Ada Hill")}, ReportSection.CORE_INFORMATION, "dealing", id="unreachable-person"
        ),
        pytest.param({"practices": ()}, ReportSection.CIRCUMSTANCES, "practices", id="no-practice"),
        pytest.param({"occurred_on": ()}, ReportSection.CIRCUMSTANCES, "occurred_on", id="no-occurrence"),
        pytest.param({"circumstances": "\n "}, ReportSection.CIRCUMSTANCES, "circumstances", id="no-account"),
        pytest.param({"impact": ""}, ReportSection.IMPACT, "impact", id="no-impact"),
        pytest.param(
            {"corrective_actions": ""}, ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", id="no-actions"
        ),
    ],
)
def test_what_a_report_is_missing_is_named_with_its_section_and_field(change, section, field):
    (remark,) = find_missing(dataclasses.replace(SEED, **change))

    assert (remark.section, remark.field) == (section, field)
    assert remark.sentence.endswith(".")


def test_a_practice_in_the_persons_own_words_is_enough_to_submit_but_odd():
    content = dataclasses.replace(SEED, practices=(), other_practices="Trustworthiness: orderly release")

    assert find_missing(content) == ()
    assert [remark.field for remark in find_odd(content, today=TODAY)] == ["practices"]


def test_a_breach_of_exactly_a_year_ago_is_no_wrong_year():
    on = TODAY - LONG_AGO
    content = dataclasses.replace(SEED, occurred_on=(on,), report_date=TODAY)
    assert "occurred_on" not in [remark.field for remark in find_odd(content, today=TODAY)]
    assert "occurred_on" in [remark.field for remark in find_odd(content, today=TODAY + timedelta(days=1))]


def test_a_breach_of_tomorrow_is_refused_and_one_of_today_is_not():
    tomorrow = dataclasses.replace(SEED, occurred_on=(TODAY, TODAY + timedelta(days=1)))

    (remark,) = find_impossible(tomorrow, today=TODAY)

    assert remark.field == "occurred_on"
    assert "1 July 2020" in remark.sentence


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        pytest.param(
            {"occurred_on": (date(2020, 6, 30),), "report_date": date(2020, 6, 29)},
            "occurred_on",
            "after the date of the report",
            id="reported-before-it-occurred",
        ),
        pytest.param({"report_date": date(2020, 7, 1)}, "report_date", "in the future", id="dated-tomorrow"),
        pytest.param({"occurred_on": (date(2019, 6, 28),)}, "occurred_on", "check the year", id="wrong-year"),
        pytest.param({"head_of_profession": None}, "head_of_profession", "No Head of Profession", id="no-hop"),
        pytest.param(
            {"dealing": ContactPerson("Schools team", "team@example.gov.uk", is_team=True)},
            "dealing",
            "team",
            id="team-in-place-of-a-person",
        ),
        pytest.param({"outputs": (Output("Schools"),)}, "outputs", "no web address", id="output-without-link"),
        pytest.param({"statement_url": "see site"}, "statement_url", "not a web address", id="statement-not-a-link"),
        pytest.param(
            {"practices": (SEED.practices[0], dataclasses.replace(SEED.practices[0], edition="3.0"))},
            "practices",
            "2.0, 3.0",
            id="two-editions",
        ),
        pytest.param(
            {"circumstances": "John Brown (john.brown@example.gov.uk, 020 7946 0999) pressed the button."},
            "circumstances",
            "‘Circumstances of breach’ contains an email address and a telephone number.",
            id="reaches-somebody",
        ),
        pytest.param(
            {"impact": "Ring 07700 900123."}, "impact", "contains a telephone number.", id="telephone-in-impact"
        ),
        pytest.param(
            {"corrective_actions": "desk@example.gov.uk will check."},
            "corrective_actions",
            "contains an email address.",
            id="e-mail-in-actions",
        ),
        pytest.param(
            {"other_practices": "Ask desk@example.gov.uk."},
            "other_practices",
            "an email address",
            id="e-mail-in-practices",
        ),
        pytest.param(
            {"timeline": (TimelineEntry(datetime(2020, 6, 30, 9, tzinfo=UTC), "+44 20 7946 0999 rang.", "note-1"),)},
            "timeline",
            "a telephone number",
            id="telephone-in-timeline",
        ),
    ],
)
def test_what_is_odd_is_said_and_does_not_stop_the_report(change, field, words):
    content = dataclasses.replace(SEED, **change)

    (remark,) = find_odd(content, today=TODAY)

    assert remark.field == field
    assert words in remark.sentence
    assert find_missing(content) == ()
    assert find_impossible(content, today=TODAY) == ()


def test_times_and_web_addresses_in_a_text_reach_no_one():
    text = "Between 09:30 and 10:27 on 30/06/2020, 3,420 s: https://www.example.gov.uk/a/0123456789-x"
    assert find_odd(dataclasses.replace(SEED, circumstances=text), today=TODAY) == ()


@pytest.mark.parametrize(("people", "posts", "is_odd"), [(2, 3, True), (2, 2, False), (3, 2, False), (None, 3, False)])
def test_more_posts_than_people_are_odd_and_not_refused(people, posts, is_odd):
    given = {name: Answer(number=number) for name, number in (("people", people), ("posts", posts)) if number}
    found = find_odd(dataclasses.replace(SEED, answers=Answers(**given)), today=TODAY)
    sentence = "The answers give more posts (3) than people (2). Check both numbers."
    assert [(remark.field, remark.sentence) for remark in found] == ([("posts", sentence)] if is_odd else [])


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        pytest.param("https://www.example.gov.uk/a?b=c#d", True, id="https"),
        pytest.param("HTTP://example.gov.uk", True, id="upper-case-scheme"),
        pytest.param("file:///etc/passwd", False, id="file"),
        pytest.param("javascript:alert(1)", False, id="script"),
        pytest.param("data:text/html,x", False, id="data"),
        pytest.param("https://", False, id="no-host"),
        pytest.param("https://[", False, id="broken-host"),
        pytest.param("https://example.gov.uk/a b", False, id="space"),
        pytest.param("https://example.gov.uk/\u202egpj", False, id="direction-override"),
        pytest.param("//example.gov.uk", False, id="no-scheme"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_web_addresses_become_links(url, is_link):
    assert is_web_address(url) is is_link


ANSWERED = date(2020, 6, 30)


@pytest.mark.parametrize(
    ("days", "before", "after"),
    [
        ([29], None, [30]),
        ([29], 29, [30]),
        ([28, 29], 29, [28, 30]),
        ([28, 29], None, [28, 29]),
        ([28, 30], 28, [28, 30]),
        ([], None, [30]),
    ],
    ids=["only day", "only day, answered before", "one of two", "none of two", "already a date", "no date"],
)
def test_the_date_of_occurrence_follows_the_answered_day(days, before, after):
    was = dataclasses.replace(
        SEED,
        occurred_on=tuple(date(2020, 6, day) for day in days),
        answers=Answers(happened=Answer(on=date(2020, 6, before)) if before else None),
    )
    content = dataclasses.replace(was, answers=Answers(happened=Answer(on=ANSWERED)))
    followed = follow_answered_day(content, was=was)
    assert [day.day for day in followed.occurred_on] == after
    assert [remark.field for remark in find_impossible(followed, today=TODAY)] == (
        [] if ANSWERED in followed.occurred_on or not days else ["occurred_on"]
    )


def test_a_withheld_address_is_not_odd():
    content = dataclasses.replace(SEED, outputs=(Output("Schools"), Output("Pupils")))
    (remark,) = find_odd(content, today=TODAY, withheld={"Schools"})
    assert "‘Pupils’ has no web address" in remark.sentence


def test_answers_that_were_stored_before_a_question_could_be_not_applicable_keep_their_digest():
    answers = Answers(
        what=Answer("a link"),
        people=Answer(number=3),
        noticed=Answer(on=date(2020, 6, 29)),
        contained=Answer(why_unknown="No log."),
        deleted=Answer(extent=Extent.NONE),
    )
    digest = content_digest(dataclasses.replace(SEED, answers=answers))
    assert digest == "cf9902dc49ed4ebf3d3cc60adc018100ef9db81c1b0ec5697f463173158eb820"
