"""What an annex says of the checks, of which ones, and its layout."""

import dataclasses
import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.annex import (
    ACCESS_LIST,
    AFTER,
    APPROVED,
    BEFORE,
    FORMER_RULE,
    HEADING,
    HEADING_OF_ACCESS_LIST,
    HEADING_OF_ATTACHMENTS,
    HOW_TO_READ,
    NO_POSTS,
    NOT_APPROVED,
    RULE,
    annex_of,
    checks_around_change,
    draw_appearance,
    interval_chart,
    lay_out_annex,
)
from breaches.rules.content import (
    Annex,
    AnnexAttachment,
    AnnexPicture,
    ReportContent,
    content_digest,
    content_from_json,
    content_to_json,
)
from breaches.rules.facts import PostAccess
from breaches.rules.lifecycle import AttachmentKind
from releases.detection.finding import AddressRole, Source
from releases.rules.calendar import LONDON
from releases.rules.time_axis import THINNEST
from tests.support.report_evidence import (
    LIVE,
    NOT_LIVE,
    SEED_LOOKS,
    UNREACHABLE,
    address,
    london,
    make_check_fact,
    record,
)
from tests.support.seed_case import TITLE, URL

EARLY = (
    make_check_fact("09:00", NOT_LIVE, "not_found"),
    make_check_fact("09:10", LIVE, seconds=0.4),
    make_check_fact("09:11", LIVE),
    make_check_fact("09:30", LIVE),
    make_check_fact("09:32", LIVE),
)
ABSENT = (
    make_check_fact("09:29:55", NOT_LIVE),
    make_check_fact("09:30", UNREACHABLE, "timeout"),
    make_check_fact("09:32", NOT_LIVE, "not_found"),
)


def parts(*facts, approved=True):
    return lay_out_annex(annex_of(facts), approved=approved).parts


def summary(part):
    return dict(part.summary)


def test_the_seeds_morning_is_described_with_its_interval_and_the_publishers_figure_apart():
    told = (london("10:26:41"), Source.CHANGE_HISTORY)
    (part,) = parts(record(address(*SEED_LOOKS), publisher_time=told))
    assert part.heading == TITLE
    assert part.summary == (
        ("Due", "9:30am on 30 June 2020"),
        ("On time until", "9:32am"),
        ("Result", "Late"),
        ("Last found not live", "10:26:55"),
        ("First found live", "10:27:00"),
        ("Appeared", "Between 56 minutes 55 seconds and 57 minutes after it was due"),
        ("Publisher’s own time (not an observation)", "10:26:41, from the public history of the page"),
    )
    assert [(sent, showed) for sent, _answered, showed in part.checks][-2:] == [
        ("10:26:55", "Did not find it: the site answered “page not found”."),
        ("10:27:00", "Found it."),
    ]
    assert part.not_listed == "These are all the checks on record."


def test_the_tables_have_times_to_the_second_on_the_24_hour_clock_and_sentences_have_am_and_pm():
    late = (make_check_fact("15:29:55", NOT_LIVE), make_check_fact("15:30", LIVE), make_check_fact("00:05", LIVE))
    (part,) = parts(record(address(*late)))
    assert [sent for sent, _answered, _showed in part.checks] == ["00:05:00", "15:29:55", "15:30:00"]
    assert "after 9:30:00am and by 3:30:00pm" in part.chart.title  # nothing was checked until 3:29:55pm
    facts = dataclasses.replace(record(address(make_check_fact("09:40", LIVE))), tolerance_seconds=90)
    (part,) = parts(facts)
    assert summary(part)["On time until"] == "09:31:30"


def test_a_time_of_another_day_names_the_day_in_the_tables_too():
    day_before = make_check_fact(london("23:59:59", "2020-06-29"), NOT_LIVE)
    (part,) = parts(record(address(day_before, make_check_fact("09:30", LIVE))))
    assert part.checks[0][0] == summary(part)["Last found not live"] == "23:59:59 on 29 June 2020"


def test_what_was_early_is_described_before_the_announced_time_and_never_rounded_over_it():
    nearly = (
        make_check_fact("09:29", NOT_LIVE),
        make_check_fact("09:29:59", LIVE, seconds=0.4),
        make_check_fact("09:29:59", LIVE, seconds=0.5),
    )
    (part,) = parts(record(address(*EARLY)))
    assert summary(part)["Appeared"] == ("Between 19 minutes 59 seconds and 30 minutes before it was due")
    (part,) = parts(record(address(*nearly)))
    assert summary(part)["First found live"] == "09:29:59"
    assert {answered for _sent, answered, _showed in part.checks} == {"09:29:00", "09:29:59"}


@pytest.mark.parametrize(
    ("seconds", "appeared"),
    [
        (0.2, "Between 5 seconds before and 1 second after it was due"),
        (61, "Between 5 seconds before and 1 minute 1 second after it was due"),
        (0, "Between 5 seconds before it was due and the time at which it was due"),
    ],
)
def test_what_may_have_appeared_before_the_announced_time_or_after_it_has_both_bounds(seconds, appeared):
    checks = make_check_fact("09:29:55.100", NOT_LIVE), make_check_fact("09:30", LIVE, seconds=seconds)
    (part,) = parts(record(address(*checks)))
    assert summary(part)["Appeared"] == appeared
    assert "after 9:29:55am and by " in part.chart.title


def test_no_answer_is_described_as_such_and_what_was_never_found_has_no_time():
    (part,) = parts(record(address(*ABSENT)))
    assert summary(part)["Result"] == "Not live when last checked"
    assert summary(part)["First found live"] == "No check shows this"
    assert summary(part)["Appeared"] == "Not yet, more than 2 minutes after it was due"
    assert part.checks[1][2] == "Got no usable response."
    (silent,) = parts(record(address(make_check_fact("09:30", UNREACHABLE), make_check_fact("09:32", UNREACHABLE))))
    assert summary(silent)["Result"] == "The checks do not show whether it was on time"
    assert summary(silent)["Appeared"] == "The checks do not show when"


def test_without_a_tolerance_what_was_not_seen_at_the_announced_time_is_said_so():
    facts = record(address(*ABSENT))
    (part,) = annex_of([facts]).outputs[0].parts
    output = dataclasses.replace(annex_of([facts]).outputs[0], parts=(dataclasses.replace(part, delay=(0.0, None)),))
    (laid_out,) = lay_out_annex(Annex((output,)), approved=False).parts
    assert summary(laid_out)["Appeared"] == "Not yet at the due time"


def test_each_address_of_each_output_has_a_part_and_the_publishers_figure_appears_once():
    attachment = address(
        make_check_fact("09:29:55", NOT_LIVE), make_check_fact("09:32", LIVE), role=AddressRole.ATTACHMENT
    )
    page, file, other = parts(record(address(*ABSENT), attachment), record(address(*EARLY)))
    assert [part.heading for part in (page, file, other)] == [f"{TITLE}: page", f"{TITLE}: attachment 1", TITLE]
    assert ["Publisher’s own time (not an observation)" in summary(part) for part in (page, file, other)] == [
        True,
        False,
        True,
    ]


def test_an_annex_of_several_parts_begins_with_all_of_them_in_one_table_and_one_of_one_does_not():
    both = lay_out_annex(annex_of([record(address(*ABSENT)), record(address(*SEED_LOOKS))]), approved=True)
    assert both.overview == (
        (TITLE, "9:30am on 30 June 2020", "09:32:00", "No check shows this"),
        (TITLE, "9:30am on 30 June 2020", "10:26:55", "10:27:00"),
    )
    assert lay_out_annex(annex_of([record(address(*SEED_LOOKS))]), approved=True).overview == ()


def test_of_many_checks_those_around_the_change_and_the_one_at_the_announced_time_are_described():
    before = [make_check_fact(london("09:30") + timedelta(seconds=5 * n), NOT_LIVE, "not_found") for n in range(200)]
    after = [make_check_fact(london("10:00") + timedelta(seconds=5 * n), LIVE) for n in range(50)]
    facts = record(address(*after, *before))
    told = checks_around_change(facts, facts.addresses[0])
    assert told == [before[0], before[23], before[24], *before[-BEFORE:], *after[:AFTER]]
    (part,) = parts(facts)
    assert part.not_listed == f"{250 - len(told)} more checks are on record but not listed here."
    assert RULE in part.notes


@pytest.mark.parametrize("seconds", [0, 3], ids=["at-the-limit", "on-either-side-of-it"])
def test_the_looks_on_either_side_of_the_announced_time_and_of_the_limit_are_told_though_nothing_was_found(seconds):
    begun = london("09:29") + timedelta(seconds=seconds)
    made = [make_check_fact(begun + timedelta(seconds=5 * n), NOT_LIVE, "not_found") for n in range(200)]
    facts = record(address(*made))
    around = [made[11], made[12], made[35], made[36]]
    assert checks_around_change(facts, facts.addresses[0]) == [*around, *made[-BEFORE:]]


def test_where_all_checks_are_listed_no_rule_is_described_by_which():
    (part,) = parts(record(address(*SEED_LOOKS)))
    assert RULE not in part.notes
    assert (BEFORE, AFTER) == (4, 3)  # as the rule says in words


def test_a_page_that_went_away_again_is_described():
    gone = make_check_fact("11:00", NOT_LIVE, "not_found")
    later = [make_check_fact(london("10:28") + timedelta(minutes=n), LIVE) for n in range(20)]
    facts = record(address(*SEED_LOOKS, *later, gone, make_check_fact("11:01", NOT_LIVE, "not_found")))
    assert gone in checks_around_change(facts, facts.addresses[0])


def test_holes_in_the_watching_and_the_clocks_error_stand_with_the_output():
    hole = (london("09:33"), london("09:40"))
    unsure = dataclasses.replace(SEED_LOOKS[-1].sighting, clock_bound=timedelta(seconds=2))
    looks = (*SEED_LOOKS[:-1], dataclasses.replace(SEED_LOOKS[-1], sighting=unsure))
    (part,) = parts(record(address(*looks), not_observed=(hole,)))
    assert "We made no checks from 9:33am to 9:40am." in part.notes
    assert any("may have been wrong by up to 2 seconds" in note for note in part.notes)


def test_an_annex_holds_no_address_of_the_web():
    facts = record(
        address(*SEED_LOOKS, url=URL),
        address(*ABSENT, url="https://intranet.local:8443/x", role=AddressRole.ATTACHMENT),
    )
    annex = annex_of([facts])
    for text in (repr(annex), repr(lay_out_annex(annex, approved=True))):
        assert not re.search(r"https?:|intranet|8443", text)


def test_the_annex_says_whether_it_was_approved():
    annex = annex_of([record(address(*SEED_LOOKS))])
    assert lay_out_annex(annex, approved=True).paragraphs[0] == APPROVED
    assert lay_out_annex(annex, approved=False).paragraphs[0] == NOT_APPROVED


def test_notes_on_the_clock_and_the_choice_of_checks_that_are_the_same_for_all_releases_are_given_once():
    made = [make_check_fact(f"09:{minute}", NOT_LIVE) for minute in range(10, 59)]
    by_clock = [dataclasses.replace(one.sighting, clock_bound=timedelta(seconds=1)) for one in made]
    checks = [dataclasses.replace(one, sighting=sighting) for one, sighting in zip(made, by_clock, strict=True)]
    alone, both = (lay_out_annex(annex_of([record(address(*checks))] * number), approved=True) for number in (1, 2))
    shared = [note for note in alone.parts[0].notes if note == RULE or note.startswith("Our clock may have been wrong")]
    assert len(shared) == 2
    assert both.paragraphs == (*alone.paragraphs, *shared)
    assert not {*shared} & {note for part in both.parts for note in part.notes}
    late = lay_out_annex(annex_of([record(address(*checks)), record(address(*SEED_LOOKS))]), approved=True)
    assert RULE not in late.paragraphs
    assert RULE in late.parts[0].notes


def test_the_rule_of_annexes_that_were_stored_earlier_is_given_once_too():
    made = [make_check_fact(f"09:{minute}", NOT_LIVE) for minute in range(10, 59)]
    annex = annex_of([record(address(*made))] * 2)
    earlier = [
        dataclasses.replace(output, notes=tuple(FORMER_RULE if note == RULE else note for note in output.notes))
        for output in annex.outputs
    ]
    laid_out = lay_out_annex(dataclasses.replace(annex, outputs=tuple(earlier)), approved=True)
    assert laid_out.paragraphs[-1] == FORMER_RULE
    assert not any(FORMER_RULE in part.notes for part in laid_out.parts)


def test_the_picture_draws_the_interval_on_one_scale_and_its_title_says_all_of_it():
    told = (london("10:26:41"), Source.CHANGE_HISTORY)
    (part,) = parts(record(address(*SEED_LOOKS), publisher_time=told))
    assert part.chart.title == (
        "On time (shaded): 9:30am to 9:32am. Appeared: after 10:26:55am and by 10:27:00am. The publisher’s own time "
        "(not our observation): 10:26:41am."
    )
    on_time, _on_time, _lane, visible, _lane, publisher = part.chart.bars
    assert on_time.left < on_time.left + on_time.width < publisher.left < visible.left
    assert all(bar.left >= 0 and bar.left + bar.width <= 100 and bar.width > 0.5 for bar in part.chart.bars)
    lines = [words.text for words in part.chart.words]
    assert " ".join(lines).replace(" Appeared", ". Appeared").replace(" The", ". The") + "." == part.chart.title
    assert max(map(len, lines)) <= 34


def test_the_tolerance_is_shaded_behind_the_bars_and_not_behind_the_texts():
    (part,) = parts(record(address(*SEED_LOOKS)))
    shade, _lane, bar = part.chart.bars
    assert shade.top == bar.top
    assert shade.top + shade.height <= part.chart.axis
    assert all(words.baseline < shade.top for words in part.chart.words)


def test_the_axis_has_round_times_at_their_places():
    (part,) = parts(record(address(*SEED_LOOKS)))
    assert [tick.text for tick in part.chart.ticks] == ["9:30am", "10am", "10:30am"]
    first, *_, last = part.chart.ticks
    assert first.place == part.chart.bars[0].left
    assert part.chart.bars[2].left < last.place == 100


@pytest.mark.parametrize(
    ("live_at", "texts"),
    [
        ("2020-06-30 09:30:43", ["9:30am", "9:31am", "9:32am"]),
        ("2020-06-30 09:32:10", ["9:30am", "9:31am", "9:32am"]),
        ("2020-06-30 18:00", ["midday", "3pm", "6pm"]),
        ("2020-07-01 10:00", ["midday", "1 July", "midday"]),
        ("2020-07-03 10:00", ["1 July", "2 July", "3 July"]),
        ("2020-07-30 10:00", ["13 July", "27 July"]),
        ("2020-09-10 10:00", ["25 July", "19 September"]),
    ],
)
def test_the_axis_has_few_times_for_any_length(live_at, texts):
    live = datetime.fromisoformat(live_at).replace(tzinfo=LONDON)
    chart = interval_chart(
        due=(london("09:30"), "9:30am"),
        limit=(london("09:32"), "9:32am"),
        absent=(london("09:32"), "x"),
        live=(live, "y"),
    )
    assert [tick.text for tick in chart.ticks] == texts


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=300)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_axis_always_has_times_and_their_texts_have_room(before, after):
    due = london("09:30")
    chart = interval_chart(
        due=(due, ""), limit=(due + timedelta(minutes=2), ""), absent=(due - before, ""), live=(due + after, "")
    )
    assert 1 <= len(chart.ticks) <= 6
    places = [tick.place for tick in chart.ticks]
    assert places == sorted(set(places))
    assert all(0 <= place <= 100 for place in places)
    extents = [extent_on_a_phone(tick) for tick in chart.ticks]
    assert all(end < start for (_, end), (start, _) in pairwise(extents))


def extent_on_a_phone(tick):
    """Where a text begins and ends, as shares of a side column of 303 pixels: 8 pixels for a character."""
    share = 8 * len(tick.text) / 303 * 100
    return {
        "start": (tick.place, tick.place + share),
        "middle": (tick.place - share / 2, tick.place + share / 2),
        "end": (tick.place - share, tick.place),
    }[tick.anchor]


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (
            {"absent_at": london("10:26:55"), "live_at": london("10:27"), "delay": (3412.9, 3422.1)},
            "Appeared: after 10:26:52am and by 10:27:03am.",
        ),
        ({"absent_at": london("10:26:55"), "live_at": None, "delay": (3412.9, None)}, "Not live up to 10:26:52am."),
        (
            {"absent_at": None, "live_at": london("10:27"), "delay": None},
            "First found live at 10:27:03am, start not known.",
        ),
        ({"absent_at": london("10:26:55"), "live_at": None, "delay": None}, "Not live up to 10:26:52am."),
    ],
)
def test_the_picture_allows_for_the_error_of_our_clock_as_the_text_does(found, shown):
    chart = draw_appearance(
        due_at=london("09:30"), limit_at=london("09:32"), clock_bound=timedelta(seconds=2.1), **found
    )
    assert chart.title == f"On time (shaded): 9:30am to 9:32am. {shown}"


def make_undelayed_annex(clock_bound):
    """An annex as JSON. Its checks do not show the delay, and our clock may have been wrong by so many seconds."""
    checks = make_check_fact("09:29:55", NOT_LIVE), make_check_fact("09:32", UNREACHABLE, "timeout")
    bound = timedelta(seconds=clock_bound)
    checks = (dataclasses.replace(one, sighting=dataclasses.replace(one.sighting, clock_bound=bound)) for one in checks)
    return content_to_json(ReportContent(annex=annex_of([record(address(*checks))])))


def draw_stored_annex(stored):
    content = content_from_json(stored)
    assert content_to_json(content) == stored
    (part,) = lay_out_annex(content.annex, approved=True).parts
    assert summary(part)["Appeared"] == "The checks do not show when"
    return part.chart.title.removeprefix("On time (shaded): 9:30am to 9:32am. ")


def test_without_a_delay_the_picture_of_a_stored_annex_allows_for_the_error_of_our_clock():
    assert draw_stored_annex(make_undelayed_annex(2.1)) == "Not live up to 9:29:52am."


def test_an_annex_that_was_stored_without_the_error_of_our_clock_is_drawn_and_stored_as_before():
    stored = make_undelayed_annex(2.1)
    del stored["annex"]["outputs"][0]["parts"][0]["clock_bound_seconds"]
    assert draw_stored_annex(stored) == "Not live up to 9:29:55am."


def test_an_exact_clock_is_stored_as_an_error_of_zero():
    assert make_undelayed_annex(0)["annex"]["outputs"][0]["parts"][0]["clock_bound_seconds"] == 0


def test_the_picture_draws_no_stretch_after_the_last_check_that_could_tell():
    (part,) = parts(
        record(
            address(make_check_fact("09:00", NOT_LIVE, "not_found"), make_check_fact("09:30", UNREACHABLE, "timeout"))
        )
    )
    assert "Not live up to 9:00:00am." in part.chart.title
    _on_time, _lane, not_seen = part.chart.bars
    assert not_seen.width == THINNEST


@pytest.mark.parametrize(
    "looks", [EARLY, ABSENT, (make_check_fact("09:32", LIVE),), (make_check_fact("09:30", UNREACHABLE),)]
)
def test_every_picture_keeps_within_its_ground(looks):
    (part,) = parts(record(address(*looks)))
    assert all(0 <= bar.left <= bar.left + bar.width <= 100.01 for bar in part.chart.bars)
    assert part.chart.height >= max(bar.top + (bar.height or part.chart.thick) for bar in part.chart.bars)


PICTURES = (
    AnnexPicture("At the release time", london("09:30:01"), london("09:30:04"), "a" * 64),
    AnnexPicture("When first found live", london("10:27:01"), london("10:27:05"), "b" * 64),
)


def test_screenshots_are_shown_once_for_each_output_with_their_times_and_their_hashes():
    annex = annex_of([record(address(*SEED_LOOKS)), record(address(*ABSENT))], pictures=[PICTURES])
    laid_out = lay_out_annex(annex, approved=True)
    first, second = laid_out.parts
    assert [picture.caption for picture in first.pictures] == [
        "At the release time: page requested at 9:30:01am, picture taken at 9:30:04am",
        "When first found live: page requested at 10:27:01am, picture taken at 10:27:05am",
    ]
    assert first.pictures[0].alternative == "Screenshot of the web page at 9:30:04am"
    assert second.pictures == ()
    assert [digest for _, digest in laid_out.digests] == ["a" * 64, "b" * 64]
    assert HOW_TO_READ not in laid_out.paragraphs


def test_an_annex_without_screenshots_has_the_same_stored_form_as_before():
    content = dataclasses.replace(ReportContent(), annex=annex_of([record(address(*SEED_LOOKS))]))
    assert "pictures" not in content_to_json(content)["annex"]["outputs"][0]
    pictured = dataclasses.replace(ReportContent(), annex=annex_of([record(address(*SEED_LOOKS))], pictures=[PICTURES]))
    assert content_from_json(content_to_json(pictured)) == pictured
    assert content_digest(pictured) != content_digest(content)


BEGINS = london("09:30", "2020-06-29")
POSTS = tuple(
    PostAccess(post, "Department for Invented Education", "24 hours", BEGINS, london("10:00", "2020-06-20"), **more)
    for post, more in {
        "Minister of State": {},
        "Press officer": {"began_at": BEGINS},
        "Adviser": {"began_at": BEGINS - timedelta(minutes=15), "withdrawn_at": london("12:00", "2020-06-29")},
    }.items()
)


def test_the_complete_access_list_has_a_row_for_each_post_with_what_differs_from_its_period():
    laid_out = lay_out_annex(annex_of([], posts=POSTS * 5, posts_of=TITLE), approved=True)
    access = laid_out.access_list
    period = "24 hours, from 9:30am on 29 June 2020"
    began = "According to the record, access began at 9:15am on 29 June 2020"
    assert laid_out.access_columns == ("Post", "Organisation", "Period of access")
    assert (access.heading, access.text) == (f"Pre-release access list: {TITLE}", ACCESS_LIST)
    assert len(access.posts) == 15
    assert access.posts[:3] == (
        ("Minister of State", "Department for Invented Education", period),
        ("Press officer", "Department for Invented Education", period),
        (
            "Adviser",
            "Department for Invented Education",
            f"{period}. {began}. Withdrawn at midday on 29 June 2020",
        ),
    )


def test_access_that_began_before_the_release_was_rescheduled_is_shown_with_the_period_of_that_time():
    earlier = BEGINS - timedelta(days=3)
    post = dataclasses.replace(POSTS[0], began_at=earlier, earlier_begins_at=earlier)
    annex = annex_of([], posts=[post], posts_of=TITLE)
    assert lay_out_annex(annex, approved=True).access_list.posts[0][2] == (
        "24 hours, from 9:30am on 29 June 2020. According to the record, access began at 9:30am on 26 June 2020. "
        "Before the release was rescheduled, the access period began at 9:30am on 26 June 2020"
    )


def test_a_post_of_a_release_without_an_exact_date_has_the_length_of_its_period_alone_and_an_empty_list_says_so():
    vague = dataclasses.replace(POSTS[0], period_begins_at=None)
    first, second = (
        lay_out_annex(annex_of([], posts=posts, posts_of="A\nB"), approved=False).access_list for posts in ([vague], [])
    )
    assert (first.heading, first.posts[0][2]) == ("Pre-release access list: A B", "24 hours")
    assert (second.text, second.posts) == (NO_POSTS, ())


def test_the_heading_of_an_annex_names_what_it_has():
    posts = {"posts": POSTS, "posts_of": TITLE}
    files = [AnnexAttachment("a.log", AttachmentKind.CMS_LOG, 4, "a" * 64, london("12:00"))]
    annexes = (
        annex_of([record(address(*SEED_LOOKS))], **posts, attachments=files),
        annex_of([], **posts, attachments=files),
        annex_of([], attachments=files),
    )
    headings = [lay_out_annex(annex, approved=True).heading for annex in annexes]
    assert headings == [HEADING, HEADING_OF_ACCESS_LIST, HEADING_OF_ATTACHMENTS]


def test_an_annex_without_an_access_list_has_the_same_stored_form_as_before_and_one_with_it_is_read_back():
    content = dataclasses.replace(ReportContent(), annex=annex_of([record(address(*SEED_LOOKS))]))
    assert set(content_to_json(content)["annex"]) == {"outputs"}
    listed = dataclasses.replace(content, annex=annex_of([], posts=POSTS, posts_of=TITLE))
    assert content_from_json(content_to_json(listed)) == listed
    assert content_digest(listed) != content_digest(content)
