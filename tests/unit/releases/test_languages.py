"""Words that are joined in the language of the page."""

import pytest
from django.utils import translation

from releases.text.languages import join_with_and


@pytest.mark.parametrize(
    ("language", "items", "joined"),
    [
        ("en-gb", [], ""),
        ("en-gb", ["30 June 2020"], "30 June 2020"),
        ("en-gb", ["30 June 2020", "1 July 2020"], "30 June 2020 and 1 July 2020"),
        ("en-gb", ["a", "b", "c"], "a, b and c"),
        ("cy", ["a", "b", "c"], "a, b a c"),
    ],
)
def test_words_are_joined_in_the_language_of_the_page(language, items, joined):
    with translation.override(language):
        assert join_with_and(iter(items)) == joined
