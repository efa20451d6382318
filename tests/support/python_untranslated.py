"""Finds words for people in a module that go round gettext: labels, choices, messages, and what fields are called."""

import ast
from collections.abc import Iterator

TRANSLATES = {"_", "lazy", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "format_lazy"}
# What these arguments and attributes hold is read by people.
READ = {
    "button",
    "description",
    "empty_label",
    "help_text",
    "label",
    "legend",
    "subject",
    "title",
    "verbose_name",
    "verbose_name_plural",
    "violation_error_message",
}
TELLS = {"success", "info", "warning", "error"}


def untranslated(source: str) -> list[str]:
    """List the texts of a module that people read and no translation reaches, in order."""
    tree = ast.parse(source)
    named = {line for node in ast.walk(tree) if _is_an_app(node) for line in node.body}
    nodes = (node for node in ast.walk(tree) if node not in named)
    texts = {text for node in nodes for place in _read_by_people(node) for text in _texts(place)}
    return [text for _, _, text in sorted(texts)]


def _is_an_app(node: ast.AST) -> bool:
    """Recognise a class of Django's, whose `label` is for machines."""
    return isinstance(node, ast.ClassDef) and any(
        isinstance(base, ast.Name) and base.id == "AppConfig" for base in node.bases
    )


def _read_by_people(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.keyword(arg=str(name), value=value) if name in READ:
            yield value
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value) if name in READ:
            yield value
        case ast.Call(func=ast.Attribute(value=ast.Name(id="messages"), attr=name), args=args) if name in TELLS:
            yield from args[1:]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="models"), attr=name), args=[called, *_]) if name.endswith(
            "Field"
        ) and name not in {"OneToOneField", "ManyToManyField"}:
            yield called
        case ast.ClassDef(bases=[ast.Attribute(attr="TextChoices")], body=body):
            yield from (
                line.value.elts[1]
                for line in body
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple)
            )
        case ast.keyword(arg="choices" | "error_messages", value=ast.List() | ast.Dict() as value):
            yield from value.values if isinstance(value, ast.Dict) else _second_of(value)


def _second_of(pairs: ast.List) -> Iterator[ast.expr]:
    yield from (pair.elts[1] for pair in pairs.elts if isinstance(pair, ast.Tuple))


def _texts(place: ast.expr) -> Iterator[tuple[int, int, str]]:
    """Go into expressions in the place of a text, and not into calls: what they return is tested there."""
    match place:
        case ast.Constant(value=str(text)) if any(sign.isalpha() for sign in text):
            yield place.lineno, place.col_offset, text
        case ast.JoinedStr(values=parts):
            words = "".join(part.value for part in parts if isinstance(part, ast.Constant))
            if sum(sign.isalpha() for sign in words) > 1:
                yield place.lineno, place.col_offset, words
        case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
            yield from _texts(one)
            yield from _texts(other)
