"""What several drafts say, as the content of one report: outputs listed, texts one after the other, nothing twice."""

from collections.abc import Iterable, Sequence

from breaches.core.content import ReportContent, in_order


def joint_content(contents: Sequence[ReportContent]) -> ReportContent:
    """Put the contents of several reports into one, in their order.

    Of what a report can give only once (the person dealing, the Head of Profession, the link to a statement) the first
    that is given is taken; the date of the report stays empty, because approval sets it. The timeline prints what was
    chosen of the record: people's notes, and what they state, stay with the draft of which they were written.
    """
    return ReportContent(
        outputs=_each(output for content in contents for output in content.outputs),
        producers=_each(name for content in contents for name in content.producers),
        dealing=next((content.dealing for content in contents if content.dealing), None),
        head_of_profession=next(
            (content.head_of_profession for content in contents if content.head_of_profession), None
        ),
        statement_url=next((content.statement_url for content in contents if content.statement_url), ""),
        practices=_each(practice for content in contents for practice in content.practices),
        other_practices=texts(content.other_practices for content in contents),
        occurred_on=tuple(sorted({on for content in contents for on in content.occurred_on})),
        circumstances=texts(content.circumstances for content in contents),
        impact=texts(content.impact for content in contents),
        corrective_actions=texts(content.corrective_actions for content in contents),
        timeline=in_order({entry for content in contents for entry in content.timeline if entry.is_on_record}),
    )


def texts(given: Iterable[str]) -> str:
    """Put texts one after the other, each once, without the empty ones."""
    return "\n\n".join(dict.fromkeys(text for text in given if text.strip()))


def _each[T](values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
