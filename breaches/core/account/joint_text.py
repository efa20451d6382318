"""What several drafts say, as the content of one report: outputs listed, texts one after the other, nothing twice."""

from collections.abc import Iterable, Sequence

from breaches.core.content import ReportContent


def joint_content(contents: Sequence[ReportContent]) -> ReportContent:
    """Put the contents of several reports into one, in their order.

    Of what a report can give only once (the person dealing, the Head of Profession, the link to a statement) the first
    that is given is taken; the date of the report stays empty, because approval sets it.
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
        other_practices=_texts(content.other_practices for content in contents),
        occurred_on=tuple(sorted({on for content in contents for on in content.occurred_on})),
        circumstances=_texts(content.circumstances for content in contents),
        impact=_texts(content.impact for content in contents),
        corrective_actions=_texts(content.corrective_actions for content in contents),
    )


def _each[T](values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _texts(texts: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(text for text in texts if text.strip()))
