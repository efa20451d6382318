"""Markup that would take a parser more than linear time or memory is refused, and sloppy markup of people is not."""

import pytest

from releases.detection.markup import MOST_ATTRIBUTES, MOST_DEPTH, MOST_OPTIONS, TooComplex, simplify_markup
from releases.detection.page_text import read_page

MANY = 1_200
TOO_DEEP = {
    "elements": "<div>",
    "an-end-that-closes-nothing": "<div></x>",
    "an-end-within-a-block": "<span><div></span>",
    "items-in-terms": "<li><dd>",
    "choices-around-others": "<option><b></x>",
    "tables-in-cells": "<table><tr><td>",
    "an-end-in-an-attribute": '<div a="</div>">',
    "an-end-in-a-comment": "<div><!--</div>-->",
    "an-end-in-a-script": "<div><script></div></script>",
    "an-end-between-quotes-of-two-kinds": '<div a=\'"\'><wbr b="></div>">',
    "parts-of-a-drawing-that-has-ended": "<svg></svg><path/>",
    "a-drawing-ended-by-a-paragraph": "<svg><div><path/>",
    "formatting-in-a-button": "<button>a<em>",
}
SLOPPY = {
    "paragraphs": "<p>x",
    "items": "<li>x",
    "items-with-paragraphs": "<li><p>x",
    "terms": "<dt>x<dd>y",
    "choices": "<option>x",
    "rows": "<table><tr><td>x<td>y<tr><td>z</table>",
    "cells-with-formatting": "<table><tr><td><b>x</table>",
    "anchors": "<a name=x>x",
    "bold": "<p><b>x</p>",
    "colours": "<p><font color=red>x</p>",
    "ends": "x</span></div>",
    "breaks": "x<br>",
    "forms": "<form>x",
    "elements-in-a-script": "<script>'<div>'</script>",
    "elements-in-a-comment": "<!-- <div> -->",
    "elements-in-an-attribute": "<p title='<div>'>x</p>",
    "drawings": "<svg><path d=M0/><g/></svg>",
}


@pytest.mark.parametrize("unit", TOO_DEEP.values(), ids=TOO_DEEP.keys())
def test_elements_that_nest_too_deep_are_refused(unit):
    with pytest.raises(TooComplex):
        simplify_markup(unit * MANY)
    assert simplify_markup(unit * (MOST_DEPTH // 5)) == unit * (MOST_DEPTH // 5)


@pytest.mark.parametrize("unit", SLOPPY.values(), ids=SLOPPY.keys())
def test_markup_without_its_ends_is_read_as_it_is_however_long_it_is(unit):
    assert simplify_markup(unit * MANY) == unit * MANY


def test_formatting_that_every_paragraph_would_repeat_is_refused():
    many = "".join(f"<b id={number}>" for number in range(200))
    with pytest.raises(TooComplex, match="formatting"):
        simplify_markup(f"<p>{many}{'<p>x</p>' * MANY}")
    some = "".join(f"<b id={number}>" for number in range(20))
    with pytest.raises(TooComplex, match="repeated"):
        simplify_markup(f"<p>{some}{'<p>x</p>' * MANY}")
    assert simplify_markup(f"<p>{some}{'</b>' * 20}{'<p>x</p>' * MANY}")


@pytest.mark.parametrize("tag", ["<p{}>x", "<body {}>", "x<html{}>"])
def test_an_element_with_very_many_attributes_is_refused(tag):
    with pytest.raises(TooComplex, match="attributes"):
        simplify_markup(tag.format("".join(f" a{number}" for number in range(MANY))))
    few = tag.format("".join(f" a{number}=" for number in range(MOST_ATTRIBUTES)))
    assert simplify_markup(few * 1) == few


def test_attributes_that_several_tags_add_to_the_body_count_together():
    with pytest.raises(TooComplex, match="attributes"):
        simplify_markup("".join(f"<body a{number}>" for number in range(MANY)))


@pytest.mark.parametrize("end", ["", "</option>"])
def test_the_tags_of_very_many_choices_are_left_out(end):
    few, many = (f"<p>Before<select><option>a{end}" * 1 + f"<option value=1>b{end}" * number + "</select><p>After"
                 for number in (10, MOST_OPTIONS + 10))  # fmt: skip
    assert simplify_markup(few) == few
    assert "option" not in simplify_markup(many)
    assert read_page(many).text == read_page(few).text == "before\nafter"


def test_choices_outside_a_list_are_text_and_stay():
    many = "<option>a</option>" * MANY
    assert simplify_markup(many) == many


def test_rows_and_short_elements_in_between_do_not_hide_what_nests():
    rows = "<tr><td class=x>1</td> <td>2</td></tr>\n"
    with pytest.raises(TooComplex):
        simplify_markup(("<table>" + rows + "<tr><td>") * MANY)
    with pytest.raises(TooComplex):
        simplify_markup("<div><b>x</b><p>y</p><br>" * MANY)


CLOSED_BY_A_SHORT_ELEMENT = {
    "paragraph": "<p><span><p>x</p><object>",
    "item": "<li><div><li>x</li><ul>",
    "link": "<a><span><a>x</a><object>",
    "description": "<dd><div><dd>x</dd><dl>",
    "term": "<dt><div><dt>x</dt><dl>",
    "heading": "<h2><h2>x</h2><object>",
}


@pytest.mark.parametrize("unit", CLOSED_BY_A_SHORT_ELEMENT.values(), ids=CLOSED_BY_A_SHORT_ELEMENT.keys())
def test_a_short_element_is_not_skipped_while_it_closes_another(unit):
    """Only the last element of each unit stays open, so 400 units are within the limit."""
    assert simplify_markup(unit * 400) == unit * 400


def test_a_short_element_is_not_skipped_while_formatting_is_to_be_repeated_before_it():
    with pytest.raises(TooComplex):
        simplify_markup("<div><p><b></p><i>x</i>" * 400)
