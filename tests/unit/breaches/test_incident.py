"""The questions on a breach that a person reports, and the account written from the answers: what they say, no more."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.answers import (
    ASKED,
    COUNTS,
    EXTENTS,
    KINDS_BEFORE_RELEASE,
    KINDS_OF_RELEASE,
    MAY_BE_OPEN,
    MOMENTS,
    NO_ANSWERS,
    Answer,
    Answers,
    Extent,
    Question,
    causes_of,
    compare_recorded_starts,
    contradicts_due_time,
    find_contradictions,
    find_missing_answers,
    may_not_apply,
)
from breaches.rules.causes import RecordedCause, describe_cause
from breaches.rules.facts import AccessFacts, AccessRequest, PostAccess, ReleaseException, within_sentence
from breaches.rules.incident import (
    Incident,
    ReportedDisclosure,
    find_long_account,
    name_not_applicable,
    unknown_phrases,
    write_incident_account,
)
from breaches.rules.lifecycle import Cause, ReportKind
from releases.rules.calendar import local_date
from releases.rules.departure import DepartureKind
from releases.rules.receipts import Disclosure
from tests.support.report_evidence import DUE, london

SENT, NOTICED, CONTAINED = london("16:10", "2020-06-29"), london("16:25", "2020-06-29"), london("08:05")
MINISTER = PostAccess(
    post="Minister of State for Schools",
    organisation="Department for Invented Education",
    period="24 hours",
    period_begins_at=london("09:30", "2020-06-29"),
    granted_at=london("09:00", "2020-06-20"),
)
LIST = AccessFacts(
    release_title="School workforce, March 2020",
    series_title="School workforce",
    planned_for="30 June 2020 9:30am",
    due_at=DUE,
    read_at=london("14:00"),
    posts=(MINISTER,),
)


def at(instant):
    return Answer(on=local_date(instant), at=instant)


FULL = Answers(
    what=Answer("the final bulletin"),
    people=Answer(number=3),
    happened=at(SENT),
    noticed=at(NOTICED),
    contained=at(CONTAINED),
)


def account(answers=FULL, kind=ReportKind.PRA, cause=None, words="", **more):
    recorded = RecordedCause(cause, words)
    incident = Incident(kind, answers, title="School workforce, March 2020", due_at=DUE, cause=recorded, **more)
    return write_incident_account(incident)


def test_the_account_says_what_was_due_sent_noticed_and_contained_and_that_no_cause_is_recorded():
    assert account() == (
        "‘School workforce, March 2020’ was due for release at 9:30am on 30 June 2020. The final bulletin went to 3 "
        "people at 4:10pm on 29 June 2020, 17 hours 20 minutes before the release was due. This was noticed at 4:25pm "
        "and contained at 8:05am on 30 June 2020. The cause has not been recorded."
    )


@pytest.mark.parametrize("name", [question.value for question in Question])
def test_without_an_answer_the_account_says_nothing_about_the_question(name):
    with_all = replace(
        FULL,
        posts=Answer(number=2),
        recipients=Answer("press officers"),
        noticed_by=Answer("a statistician"),
        measures=Answer("The email was recalled"),
        opened=Answer(extent=Extent.NONE),
        deleted=Answer(extent=Extent.ALL),
        confirmed=Answer(extent=Extent.ALL),
    )
    words = {
        "what": "bulletin",
        "people": "people",
        "posts": "posts",
        "recipients": "press",
        "happened": "4:10pm",
        "noticed": "4:25pm",
        "noticed_by": "statistician",
        "contained": "contained",
        "measures": "recalled",
        "opened": "opened",
        "deleted": "copy",
        "confirmed": "confirmed",
    }
    if name in words:
        assert words[name] in account(with_all)
        assert words[name] not in account(replace(with_all, **{name: None}))


@pytest.mark.parametrize("kind", list(ASKED))
def test_every_question_can_be_not_known_and_the_account_gives_the_reason(kind):
    for asked in ASKED[kind]:
        unknown = Answers(**{asked.value: Answer(why_unknown="No one recorded it.")})
        told = account(unknown, kind)
        assert f"– Not known: {unknown_phrases(kind)[asked]} (no one recorded it)." in told


@pytest.mark.parametrize("kind", list(ASKED))
def test_what_does_not_apply_is_left_out_of_the_account_and_listed_with_the_reason(kind):
    for asked in may_not_apply(kind).intersection(ASKED[kind]):
        not_applicable = Answer(why_not_applicable="It was a link.")
        told = account(Answers(noticed=at(NOTICED), **{asked.value: not_applicable}), kind)
        first, listed = told.split("\n\n")
        assert first == account(Answers(noticed=at(NOTICED)), kind)
        assert listed == f"Further facts:\n– Not applicable: {name_not_applicable(kind, asked)} (it was a link)."
        assert "not known" not in told.lower().replace("it is not known", "")
        assert asked not in find_missing_answers(kind, Answers(**{asked.value: not_applicable}))


@pytest.mark.parametrize(
    ("kind", "asked", "name"),
    [
        (ReportKind.PRA, Question.DELETED, "deletion"),
        (ReportKind.PRA, Question.CONTAINED, "containment"),
        (ReportKind.WRONG_CONTENT, Question.CONTAINED, "correction"),
        (ReportKind.PARTIAL, Question.CONTAINED, "completion"),
        (ReportKind.UNEQUAL_ACCESS, Question.CONTAINED, "access for all users"),
    ],
)
def test_what_does_not_apply_has_the_name_of_its_kind(kind, asked, name):
    assert name_not_applicable(kind, asked) == name


@pytest.mark.parametrize(
    ("kind", "still", "listed"),
    [
        (ReportKind.PRA, "had not been contained when this report was written", "Not contained yet"),
        (ReportKind.WRONG_CONTENT, "had not been corrected when this report was written", "Not corrected yet"),
        (ReportKind.PARTIAL, "the release had not been completed when this report was written", "Not completed yet"),
        (ReportKind.LEAK, "had not been contained when this report was written", "Not contained yet"),
        (
            ReportKind.UNEQUAL_ACCESS,
            "not all users could read the statistics when this report was",
            "Not yet open to all users",
        ),
    ],
)
def test_what_is_not_contained_yet_is_said_in_the_account_and_listed_with_the_reason(kind, still, listed):
    answers = Answers(
        what=Answer("three figures"), noticed=at(NOTICED), contained=Answer(why_not_yet="We asked twice.")
    )
    told, further = account(answers, kind).split("\n\n")
    assert still in told
    assert further == f"Further facts:\n– {listed} (we asked twice)."
    assert Question.CONTAINED not in find_missing_answers(kind, answers)


def test_a_leak_that_is_not_contained_yet_is_not_said_to_be_public():
    answers = Answers(
        what=Answer("three figures"),
        where=Answer("In an email of a supplier to a consultant"),
        noticed=at(NOTICED),
        contained=Answer(why_not_yet="The consultant has not replied."),
    )
    told, further = account(answers, ReportKind.LEAK).split("\n\n")
    assert "This was noticed at 4:25pm on 29 June 2020 and had not been contained when this report was written." in told
    assert further == "Further facts:\n– Not contained yet (the consultant has not replied)."


def test_a_late_announcement_is_in_the_words_of_people_with_when_our_calendar_announced_the_release():
    answers = Answers(
        what=Answer("The date was announced two days before the release."), happened=at(SENT), noticed=at(NOTICED)
    )
    told = account(answers, ReportKind.LATE_ANNOUNCEMENT, announced_at=SENT, cause=Cause.HUMAN_ERROR)
    assert told == (
        "‘School workforce, March 2020’ was first announced in our calendar at 4:10pm on 29 June 2020 and was due for "
        "release at 9:30am on 30 June 2020. The date was announced two days before the release. This happened at "
        "4:10pm on 29 June 2020 and was noticed at 4:25pm. The cause was human error."
    )


def test_times_are_printed_with_their_seconds_if_these_were_entered():
    told = account(Answers(happened=at(SENT + timedelta(seconds=50)), noticed=at(NOTICED)), ReportKind.PRA)
    assert "4:10:50pm on 29 June 2020" in told
    assert "noticed at 4:25pm" in told


def test_another_cause_is_printed_in_the_words_that_people_wrote():
    assert account(cause=Cause.OTHER, words="the template of the site merges pages").endswith(
        " The template of the site merges pages."
    )
    words = "The template merges pages. It did so for three years, and no one noticed it until now."
    assert account(cause=Cause.OTHER, words=words).endswith(f"\n\n{words}")


def a_known(question):
    if question in MOMENTS:
        return at({Question.HAPPENED: SENT, Question.NOTICED: NOTICED}.get(question, CONTAINED))
    if question in COUNTS:
        return Answer(number=3)
    return Answer(extent=Extent.SOME) if question in EXTENTS else Answer(WRITTEN)


TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
WRITTEN = "what a person wrote"
UNKNOWN = Answer(why_unknown=WRITTEN)
NOT_APPLICABLE = Answer(why_not_applicable=WRITTEN)
NOT_YET = Answer(why_not_yet=WRITTEN)


def check_account(answers, kind, cause, *, due_at=DUE):
    """The account is its first paragraph: two to four sentences and at most 80 words with the title."""
    announced_at = SENT if kind is ReportKind.LATE_ANNOUNCEMENT else None
    incident = Incident(
        kind, answers, title=TITLE, due_at=due_at, announced_at=announced_at, cause=RecordedCause(cause)
    )
    told = write_incident_account(incident).partition("\n\n")[0]
    # Only people describe another cause, in a sentence of their own.
    fewest = 1 if cause is Cause.OTHER else 2
    assert fewest <= told.count(". ") + told.endswith(".") <= 4, told
    assert len(told.split()) <= 80, told
    assert told.count(";") <= 1
    assert not told[0].islower()


@pytest.mark.parametrize("kind", list(ASKED))
def test_whichever_questions_are_answered_the_account_has_two_to_four_sentences_and_80_words(kind):
    known = {asked.value: a_known(asked) for asked in ASKED[kind]}
    for some in itertools.product([False, True], repeat=len(known)):
        answers = Answers(**{name: known[name] for name, is_given in zip(known, some, strict=True) if is_given})
        if any(some):
            for cause in (None, Cause.STATUS_MISUNDERSTOOD, Cause.OTHER):
                check_account(answers, kind, cause)
                check_account(answers, kind, cause, due_at=None)


EXTENT_ANSWERS = st.sampled_from([None, UNKNOWN, NOT_APPLICABLE, *(Answer(extent=extent) for extent in Extent)])
MOMENT_ANSWERS = st.sampled_from(
    [None, UNKNOWN, at(SENT), at(NOTICED), at(CONTAINED), Answer(on=local_date(SENT)), Answer(on=local_date(DUE))]
)
COUNT_ANSWERS = st.sampled_from([None, UNKNOWN, Answer(number=1), Answer(number=12)])
TEXT_ANSWERS = st.sampled_from([None, UNKNOWN, Answer(WRITTEN)])


@st.composite
def any_answers(draw, kind):
    of = {**dict.fromkeys(MOMENTS, MOMENT_ANSWERS), **dict.fromkeys(COUNTS, COUNT_ANSWERS)}
    of |= dict.fromkeys(EXTENTS, EXTENT_ANSWERS)
    of |= {asked: of.get(asked, TEXT_ANSWERS) | st.just(NOT_APPLICABLE) for asked in may_not_apply(kind)}
    of |= {asked: of[asked] | st.just(NOT_YET) for asked in MAY_BE_OPEN}
    return Answers(**{asked.value: draw(of.get(asked, TEXT_ANSWERS)) for asked in ASKED[kind]})


@given(st.data(), st.sampled_from(sorted(ASKED)), st.sampled_from([None, *Cause]), st.sampled_from([DUE, None]))
def test_whatever_the_answers_are_the_account_has_two_to_four_sentences_and_80_words(data, kind, cause, due_at):
    answers = data.draw(any_answers(kind))
    if answers.given():
        check_account(answers, kind, cause, due_at=due_at)


def test_facts_that_do_not_fit_are_listed_below_the_account():
    long = " ".join(["post"] * 60)
    answers = replace(
        FULL, recipients=Answer(long), noticed_by=Answer("a statistician"), measures=Answer("The email was recalled.")
    )
    first, listed = account(answers).split("\n\n")
    assert "post" not in first
    assert "by a statistician" in first
    assert listed == f"Further facts:\n– Recipients: P{long[1:]}.\n– What was done: The email was recalled."


def test_an_account_with_a_long_title_leaves_the_outcome_to_the_list():
    incident = Incident(
        ReportKind.PRA,
        replace(FULL, posts=Answer(number=2), opened=Answer(extent=Extent.SOME), deleted=Answer(extent=Extent.ALL)),
        title=" ".join(["Output"] * 34),
        due_at=DUE,
        cause=RecordedCause(Cause.STATUS_MISUNDERSTOOD),
    )
    first, listed = write_incident_account(incident).split("\n\n")
    assert len(first.split()) <= 80
    assert "opened" not in first
    assert listed == "Further facts:\n– Number of posts: 2.\n– Opened: In part.\n– Deleted: Yes."


def test_an_account_that_is_too_long_has_its_words_counted_and_its_longest_answer_named():
    answers = replace(FULL, what=Answer(" ".join(["table"] * 70)), recipients=Answer(" ".join(["post"] * 90)))
    incident = Incident(ReportKind.PRA, answers, title="School workforce", due_at=DUE)
    told = write_incident_account(incident).partition("\n\n")[0]
    # The longer answer is in the list below the account.
    assert find_long_account(incident) == (len(told.split()), Question.WHAT)
    assert len(told.split()) > 80
    assert find_long_account(replace(incident, answers=FULL)) is None
    assert find_long_account(replace(incident, title=" ".join(["Output"] * 99), answers=Answers())) is None


def test_measures_are_part_of_an_account_that_has_room_for_them():
    told = account(replace(FULL, measures=Answer("the email was recalled")), cause=Cause.LIST_OUT_OF_DATE)
    assert told.endswith("contained at 8:05am on 30 June 2020. The email was recalled.")


def test_an_account_of_which_nothing_is_known_says_so():
    incident = Incident(ReportKind.LEAK, Answers(measures=Answer("The article was corrected.")))
    assert write_incident_account(incident).startswith("What happened has not been recorded yet. ")


@pytest.mark.parametrize(
    "deleted",
    [Answer(extent=Extent.NONE), Answer(why_unknown="No record."), Answer(why_not_applicable="It was a link.")],
)
def test_whether_the_deletion_was_confirmed_is_only_asked_if_a_copy_was_deleted(deleted):
    assert Question.CONFIRMED in find_missing_answers(ReportKind.PRA, Answers())
    assert Question.CONFIRMED in find_missing_answers(ReportKind.PRA, Answers(deleted=Answer(extent=Extent.SOME)))
    answers = Answers(deleted=deleted, confirmed=Answer(extent=Extent.ALL))
    assert Question.CONFIRMED not in find_missing_answers(ReportKind.PRA, answers)
    assert [question for question, _sentence in find_contradictions(answers)] == [Question.CONFIRMED]


@pytest.mark.parametrize("kind", list(ASKED))
@pytest.mark.parametrize("left_out", ["", *(question.value for question in Question)])
def test_the_account_of_any_answers_is_made_of_whole_sentences(kind, left_out):
    given = {}
    for asked in ASKED[kind]:
        name = asked.value
        if asked in MOMENTS:
            given[name] = at(SENT)
        elif asked in COUNTS:
            given[name] = Answer(number=1)
        elif asked in EXTENTS:
            given[name] = Answer(extent=Extent.SOME)
        else:
            given[name] = Answer("The text of an answer.")
    told = account(Answers(**{name: one for name, one in given.items() if name != left_out}), kind)
    assert "None" not in told
    for wrong in ("  ", "..", " .", " ,", ",,", "()", " at on", "from on"):
        assert wrong not in told
    assert all(part[:1].isupper() or part[:1] in "‘" for part in told.split(". "))


SAID_BY_THE_KIND = {
    ReportKind.LATE: {Question.WHAT, Question.HAPPENED, Question.CONTAINED},
    ReportKind.EARLY: {Question.WHAT},
    ReportKind.PARTIAL: {Question.HAPPENED},
    ReportKind.NOT_LIVE: {Question.WHAT, Question.HAPPENED, Question.CONTAINED},
}


@pytest.mark.parametrize("kind", list(ASKED))
def test_what_was_sent_or_seen_when_noticed_and_contained_are_required(kind):
    required = set(find_missing_answers(kind, Answers()))
    always = {Question.WHAT, Question.HAPPENED, Question.NOTICED, Question.CONTAINED}
    assert always - required == SAID_BY_THE_KIND.get(kind, set())
    unknown = {question.value: Answer(why_unknown="No record.") for question in required}
    assert find_missing_answers(kind, Answers(**unknown)) == ()
    only_of_access = {Question.PEOPLE, Question.POSTS, Question.OPENED, Question.DELETED, Question.CONFIRMED}
    assert required & only_of_access == (only_of_access if kind is ReportKind.PRA else set())
    assert (Question.DUE in required) == (kind in KINDS_OF_RELEASE | KINDS_BEFORE_RELEASE)


def test_every_kind_of_breach_has_questions():
    assert set(ASKED) == set(ReportKind)


def test_what_our_checks_show_without_proving_a_breach_has_a_paragraph_of_its_own():
    checks = "Our automatic checks do not show whether it was on its page at www.example.gov.uk on time."
    told, further = account(Answers(), ReportKind.LATE, checks=checks).split("\n\n")
    assert told.endswith("was due for release at 9:30am on 30 June 2020. The cause has not been recorded.")
    assert further == checks


@pytest.mark.parametrize(
    ("happened", "noticed", "wrong"),
    [
        (at(SENT), at(NOTICED), []),
        (at(NOTICED), at(SENT), [Question.NOTICED]),
        (Answer(on=local_date(DUE)), at(SENT), [Question.NOTICED]),
        (Answer(on=local_date(SENT)), at(SENT), []),
        (Answer(why_unknown="No log."), at(SENT), []),
    ],
    ids=["in order", "before", "day before", "same day", "not known"],
)
def test_nothing_is_noticed_before_it_happened(happened, noticed, wrong):
    found = find_contradictions(Answers(happened=happened, noticed=noticed))
    assert [question for question, _sentence in found] == wrong


BEFORE_DUE, AFTER_DUE = DUE - timedelta(minutes=30), DUE + timedelta(minutes=57)
DUE_DAY = Answer(on=local_date(DUE))


@pytest.mark.parametrize(
    ("happened", "due", "late", "early"),
    [
        (at(BEFORE_DUE), at(DUE), True, False),
        (at(AFTER_DUE), at(DUE), False, True),
        (at(DUE), at(DUE), True, True),
        (at(AFTER_DUE), DUE_DAY, False, False),
        (at(SENT), DUE_DAY, True, False),
        (DUE_DAY, at(SENT), False, True),
        (Answer(why_unknown="No log."), at(DUE), False, False),
        (at(BEFORE_DUE), Answer(why_unknown="No log."), False, False),
    ],
    ids=["before", "after", "same time", "same day", "day before", "day after", "not known", "due not known"],
)
def test_a_late_release_appears_after_it_was_due_and_an_early_one_before(happened, due, late, early):
    assert contradicts_due_time(ReportKind.LATE, happened, due) is late
    assert contradicts_due_time(ReportKind.EARLY, happened, due) is early
    assert not contradicts_due_time(ReportKind.NOT_LIVE, happened, due)


@pytest.mark.parametrize(
    ("happened", "begun", "differs"),
    [
        (at(SENT), [SENT], False),
        (at(SENT), [NOTICED], True),
        (at(SENT), [NOTICED, SENT], False),
        (at(SENT), [], False),
        (Answer(on=local_date(SENT)), [NOTICED], False),
        (Answer(on=local_date(DUE)), [NOTICED], True),
        (Answer(why_unknown="No log."), [NOTICED], False),
        (None, [NOTICED], False),
    ],
    ids=["same", "other", "one is the same", "none", "same day", "other day", "not known", "no answer"],
)
def test_a_recorded_start_of_access_is_compared_with_the_answer(happened, begun, differs):
    assert bool(compare_recorded_starts(happened, begun)) is differs


def test_what_was_sent_before_several_periods_is_compared_with_the_first_and_only_if_they_are_known():
    starts = {london("06:30"), london("09:30", "2020-06-29")}
    early = replace(FULL, happened=at(london("09:21", "2020-06-29")))
    told = account(early, cause=Cause.SENT_TOO_EARLY, access=LIST, periods_begin_at=frozenset(starts))
    assert "9 minutes before the first period of access and 24 hours 9 minutes before the release was due" in told
    told = account(early, cause=Cause.SENT_TOO_EARLY, access=LIST)
    assert "period of access and" not in told


def test_people_described_with_a_comma_are_not_the_subject_of_what_follows():
    by_users = replace(FULL, noticed_by=Answer("Two users, who told us"))
    assert "by two users, who told us, and contained at" in account(by_users)
    still = replace(by_users, contained=Answer(why_not_yet="The link still works."))
    assert "by two users, who told us, and had not been contained when this report was written." in account(still)
    incomplete = replace(by_users, people=None)
    assert "by two users, who told us, and the release was completed at" in account(incomplete, ReportKind.PARTIAL)


def test_what_was_noticed_before_a_late_release_appeared_is_its_delay():
    answers = Answers(happened=at(london("10:27")), noticed=at(london("09:40")))
    told = account(answers, ReportKind.LATE)
    assert "It appeared at 10:27am, 57 minutes late. The delay was noticed at 9:40am." in told


def test_the_warning_about_another_start_gives_every_recorded_time_once():
    told = compare_recorded_starts(Answer(on=local_date(DUE)), [NOTICED, SENT, NOTICED])
    assert "began at 4:10pm on 29 June 2020 and at 4:25pm on 29 June 2020. The answer to ‘When was it sent?’" in told
    assert "is 30 June 2020." in told


def test_of_a_moment_of_which_only_the_day_is_known_the_account_gives_the_day():
    told = account(replace(FULL, happened=Answer(on=local_date(SENT)), noticed=Answer(on=local_date(SENT))))
    assert "went to 3 people on 29 June 2020. This was noticed on the same day and contained at 8:05am on 30" in told


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (None, "on 30 June 2020. The cause has not been recorded."),
        (Cause.NOT_KNOWN, "on 30 June 2020. The cause is not known yet."),
        (Cause.OTHER, "contained at 8:05am on 30 June 2020."),
    ],
)
def test_the_account_ends_with_a_cause_that_is_not_on_the_list(cause, words):
    assert account(cause=cause).endswith(words)


def test_a_cause_of_the_list_is_part_of_what_happened():
    told = account(cause=Cause.LIST_OUT_OF_DATE)
    assert "before the release was due, because the list of recipients was out of date. This was noticed" in told
    other = account(kind=ReportKind.OTHER, cause=Cause.HUMAN_ERROR)
    assert other.endswith("The cause was human error.")
    assert account(kind=ReportKind.OTHER, cause=Cause.WRONG_FILE).endswith(
        "The cause was that the wrong file was used."
    )
    assert "because the wrong recipients were chosen." in account(cause=Cause.WRONG_RECIPIENT)
    one = replace(FULL, people=Answer(number=1))
    assert "because the wrong recipient was chosen." in account(one, cause=Cause.WRONG_RECIPIENT)


def test_one_person_is_not_said_to_be_in_one_post():
    assert "went to one person at 4:10pm" in account(replace(FULL, people=Answer(number=1), posts=Answer(number=1)))
    assert "went to 3 people in one post at 4:10pm" in account(replace(FULL, posts=Answer(number=1)))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (london("09:31", "2020-06-28"), "47 hours 59 minutes before the release was due"),
        (london("09:30", "2020-06-28"), ", 2 days before the release was due"),
        (london("14:00", "2020-06-27"), ", 2 days 19 hours 30 minutes before the release was due"),
        (london("09:42", "2020-06-27"), ", 2 days 23 hours 48 minutes before the release was due"),
    ],
    ids=["hours", "whole days", "days and hours", "almost three days"],
)
def test_a_time_of_two_days_or_more_before_the_release_is_written_in_days(sent, words):
    assert words in account(replace(FULL, happened=at(sent)))


def test_a_long_account_names_the_recipients_rather_than_who_noticed_it():
    answers = replace(
        FULL,
        recipients=Answer("a press officer at the Department for Examples who was not on the list"),
        noticed_by=Answer("the statistician who had sent the email to the list of recipients on that day"),
        measures=Answer("The recipient was telephoned."),
        opened=Answer(extent=Extent.SOME),
        deleted=Answer(extent=Extent.ALL),
    )
    told, further, *_rest = account(answers, cause=Cause.WRONG_RECIPIENT).split("\n\n")
    assert "(a press officer at the Department for Examples who was not on the list)" in told
    assert "Noticed by: The statistician" in further
    assert "Recipients" not in further


def test_use_in_public_is_not_said_to_happen_because_of_use_in_public():
    answers = Answers(what=Answer("the figure"), happened=at(SENT), noticed=at(NOTICED))
    told = account(answers, ReportKind.USED_IN_PUBLIC, cause=Cause.SAID_IN_PUBLIC)
    assert "because" not in told


AGREED = ReleaseException(DepartureKind.OSR_AGREEMENT, DUE, osr_reference="OSR/12", osr_agreed_on=local_date(SENT))
HOLIDAY = ReleaseException(
    DepartureKind.BANK_HOLIDAY, DUE, holiday="Spring bank holiday", reason="Parliament sits on that day."
)
AT_ONCE = ReleaseException(DepartureKind.AT_ONCE, CONTAINED, reason="a  figure was in the news", osr_told_at=NOTICED)


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        (
            AGREED,
            (
                "The Office for Statistics Regulation (OSR) had agreed to this date and time in writing on 29 June "
                "2020 (reference OSR/12)."
            ),
        ),
        (
            HOLIDAY,
            (
                "The release date was a bank holiday (Spring bank holiday). The reason given was: Parliament sits on "
                "that day."
            ),
        ),
        (
            AT_ONCE,
            (
                "The Head of Profession for Statistics or a deputy decided to release the statistics at once (release "
                "time: 8:05am on 30 June 2020). The reason given was: a figure was in the news. The Office for "
                "Statistics Regulation (OSR) was informed at 4:25pm on 29 June 2020."
            ),
        ),
    ],
)
def test_an_exception_of_the_release_is_below_the_account(exception, words):
    assert account(exceptions=(exception,)).split("\n\n")[1] == words


def test_every_cause_but_another_has_a_sentence():
    assert [cause for cause in Cause if not describe_cause(RecordedCause(cause))] == [Cause.OTHER]


def test_the_causes_of_a_kind_are_offered_each_once():
    for kind in ReportKind:
        assert len(set(causes_of(kind))) == len(causes_of(kind))
        assert causes_of(kind)[-2:] == (Cause.OTHER, Cause.NOT_KNOWN)
    assert Cause.WRONG_RECIPIENT in causes_of(ReportKind.PRA)
    assert Cause.WRONG_RECIPIENT not in causes_of(ReportKind.LATE)
    assert Cause.SCHEDULER_FAULT not in causes_of(ReportKind.PRA)


def test_without_answers_and_list_there_is_no_account():
    assert account(Answers(), ReportKind.LEAK) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Parliament",
        "Press Association",
        "Members of Parliament",
        "Reuters journalists",
        "Private Secretary to the minister",
        "GOV.UK users",
        "DfE staff",
        "Office for Invented Statistics",
    ],
)
def test_a_name_at_the_start_of_an_answer_keeps_its_capital(text):
    assert within_sentence(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The final bulletin", "the final bulletin"),
        ("One of the recipients", "one of the recipients"),
        ("Users", "users"),
        ("Users of Twitter", "users of Twitter"),
        ("All three posts on the list", "all three posts on the list"),
        ("Press officers at the Department for Examples", "press officers at the Department for Examples"),
        ("Both Permanent Secretaries", "both Permanent Secretaries"),
        ("Former private secretary", "former private secretary"),
    ],
)
def test_another_word_at_the_start_of_an_answer_has_a_small_letter_within_a_sentence(text, words):
    assert within_sentence(text) == words


def listed(**changes):
    return account(access=replace(LIST, **changes)).split("\n\n")[1:]


def test_the_list_is_below_the_account_by_post_organisation_and_period():
    (told,) = listed()
    assert told == (
        "The pre-release access list, as read at 2pm on 30 June 2020, had one post:\n"
        "– Minister of State for Schools, Department for Invented Education: 24 hours, from 9:30am on 29 June 2020."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"began_at": london("09:45", "2020-06-29")},
            "According to the record, access began at 9:45am on 29 June 2020.",
        ),
        ({"withdrawn_at": london("12:00", "2020-06-25")}, "Withdrawn at midday on 25 June 2020."),
        ({"began_at": london("09:29", "2020-06-29")}, "Access began before the access period."),
        ({"began_at": london("08:59", "2020-06-20")}, "after it had begun. Access began before the access period."),
        (
            {"began_at": london("09:30", "2020-06-26"), "earlier_begins_at": london("09:30", "2020-06-26")},
            "Before the release was rescheduled, the access period began at 9:30am on 26 June 2020.",
        ),
        (
            {"began_at": london("09:30", "2020-06-29"), "earlier_begins_at": london("09:30", "2020-06-30")},
            "the access period began at 9:30am on 30 June 2020. Access began before the access period.",
        ),
    ],
    ids=["begun", "withdrawn", "before the period", "before the grant", "rescheduled", "before the earlier period"],
)
def test_recorded_times_that_matter_are_in_the_entry(changes, words):
    assert listed(posts=(replace(MINISTER, **changes),))[0].endswith(words)


def test_posts_with_the_same_organisation_and_period_share_a_line_and_only_what_differs_has_its_own():
    as_planned = replace(MINISTER, began_at=MINISTER.period_begins_at, ended_at=london("09:30"))
    early = replace(MINISTER, post="Press officer", began_at=london("09:21", "2020-06-29"))
    assert listed(posts=(as_planned, early))[0] == (
        "The pre-release access list, as read at 2pm on 30 June 2020, had 2 posts:\n"
        "– Minister of State for Schools and Press officer, Department for Invented Education: 24 hours, from 9:30am "
        "on 29 June 2020.\n"
        "– Press officer: According to the record, access began at 9:21am on 29 June 2020. Access began before the "
        "access period."
    )


def test_a_long_list_is_counted_and_an_empty_one_is_said_to_be_empty():
    assert listed(posts=(MINISTER,) * 11)[0].endswith("had 11 posts.")
    assert listed(posts=())[0].startswith("The pre-release access list had no posts when we read it at")


def test_changes_that_were_asked_for_are_said_not_to_be_agreed():
    asked = AccessRequest("add", "Press officer", "Department for Invented Education", london("07:00"))
    assert listed(requests=(asked,))[1] == (
        "These changes to the list had been requested and not agreed:\n"
        "– to grant access to Press officer, Department for Invented Education (requested at 7am on 30 June 2020)."
    )


@pytest.mark.parametrize("what", list(Disclosure))
def test_a_disclosure_that_a_recipient_reported_is_a_suspicion_with_its_times_and_says_that_nothing_is_checked(what):
    disclosure = ReportedDisclosure(what, reported_at=NOTICED, stated_at=SENT)
    post = replace(
        MINISTER, terms_confirmed_at=london("10:00", "2020-06-23"), received_at=london("09:31", "2020-06-29")
    )
    account = write_incident_account(
        Incident(
            kind=ReportKind.PRA,
            answers=NO_ANSWERS,
            title="School workforce, March 2020",
            due_at=DUE,
            access=replace(LIST, posts=(post,)),
            disclosure=disclosure,
        )
    )
    first, reported, listed = account.split("\n\n")
    assert first == (
        "‘School workforce, March 2020’ was due for release at 9:30am on 30 June 2020. At 4:25pm on 29 June 2020, a "
        "person on the pre-release access list reported a possible disclosure, which had not yet been checked. The "
        "cause has not been recorded."
    )
    # The person may have noticed it before they reported it.
    assert "noticed" not in account
    assert "– When it may have happened: 4:10pm on 29 June 2020." in reported
    assert "– When it was reported: 4:25pm on 29 June 2020." in reported
    assert "Terms confirmed at 10am on 23 June 2020. Receipt confirmed at 9:31am on 29 June 2020." in listed
    # Until a person has recorded what happened, the account does not say that anything did.
    assert "went to" not in account
    assert "went out" not in account


def test_when_it_was_noticed_names_its_day_if_that_is_not_the_day_of_the_report():
    disclosure = ReportedDisclosure(Disclosure.SENT, reported_at=NOTICED, stated_at=None)
    answers = Answers(noticed=at(london("08:00")))
    incident = Incident(kind=ReportKind.PRA, answers=answers, title="T", due_at=DUE, disclosure=disclosure)
    assert "which had not yet been checked. It was noticed at 8am on 30 June 2020." in write_incident_account(incident)


def test_once_a_person_has_recorded_what_happened_the_account_says_that_and_keeps_what_was_reported():
    disclosure = ReportedDisclosure(Disclosure.SENT, reported_at=NOTICED, stated_at=None)
    incident = Incident(kind=ReportKind.PRA, answers=FULL, title="T", due_at=DUE, disclosure=disclosure)
    account = write_incident_account(incident)
    assert "not yet been checked" not in account
    assert "The final bulletin went to three people" in account or "The final bulletin went to 3 people" in account
    assert "– When it may have happened: not stated." in account
