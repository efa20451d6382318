"""Bars are as long as their figures, and say them in words."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from breaches.rules.annex import Bar, BarGroup, lay_out_chart

GROUPS = st.lists(
    st.builds(
        BarGroup,
        name=st.text(min_size=1, max_size=9),
        bars=st.lists(
            st.builds(
                Bar,
                name=st.text(min_size=1, max_size=9),
                words=st.text(min_size=1, max_size=9),
                length=st.none() | st.floats(0, 1e9),
            ),
            max_size=3,
        ),
    ),
    max_size=5,
)


@example([BarGroup("0", [Bar("0", "0", 16.0), Bar("0", "0", 1.5)])])
@given(GROUPS)
def test_bars_keep_their_proportions_inside_the_picture(groups):
    chart = lay_out_chart("Bars", groups)
    lengths = [bar.length for group in groups for bar in group.bars if bar.length]
    longest = max(lengths, default=1)
    assert len(chart.bars) == len(lengths)
    for length, drawn in zip(lengths, chart.bars, strict=True):
        assert drawn.width == pytest.approx(100 * length / longest, rel=0, abs=0.005 + 1e-9)  # two decimals
        assert 0 <= drawn.top <= drawn.top + chart.thick <= chart.height
    tops = [drawn.top for drawn in chart.bars]
    assert all(later - earlier >= chart.thick for earlier, later in pairwise(tops))


@given(GROUPS)
def test_no_words_lie_on_a_bar(groups):
    chart = lay_out_chart("Bars", groups)
    for words in chart.words:
        assert 0 < words.baseline <= chart.height
        assert all(words.baseline + 5 <= bar.top or words.baseline - 12 >= bar.top + chart.thick for bar in chart.bars)


def test_every_figure_is_in_the_description_and_next_to_its_bar():
    chart = lay_out_chart(
        "Releases on time",
        [BarGroup("January to March", [Bar("2020", "97.1%", 0.971), Bar("2019", "none", None)])],
        greatest=1.0,
    )
    assert chart.description == "January to March: 2020 97.1%, 2019 none."
    assert [words.text for words in chart.words] == ["January to March", "2020: 97.1%", "2019: none"]
    assert [bar.width for bar in chart.bars] == [97.1]


def test_a_chart_of_nothing_is_empty():
    assert lay_out_chart("Nothing", []).height == 0
