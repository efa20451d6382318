"""Write statsoffice_client/client.py from the OpenAPI document of the API for the office's own systems.

`.venv/bin/python clients/python/generate.py` in the checkout. A test fails if the file does not belong to the document.
"""

import keyword
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import django

CLIENT = Path(__file__).parent / "statsoffice_client" / "client.py"
KEY = "Idempotency-Key"
WIDTH = 120
HEAD = '''"""The operations of the API for an office's own systems, and the shapes of what they take and return.

`generate.py` writes this file from the OpenAPI document. Days and times are texts as in JSON: "2026-06-30", "09:30"
(London), and instants in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NotRequired, TypedDict

from statsoffice_client.transport import Transport, quote_part'''
CLIENT_CLASS = '''class Client(Transport):
    """Each method is one operation. It raises what `Transport.send` raises."""
'''
FILE = "bytes"
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def write_client(document: Mapping[str, Any]) -> str:
    """Return the text of the client's module, formatted."""
    schemas = document["components"]["schemas"]
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    used = find_used(schemas, [shape for _, _, operation in operations for shape in shapes_of(operation, schemas)])
    parts = [HEAD, *(write_shape(name, schema) for name, schema in schemas.items() if name in used)]
    parts.append(CLIENT_CLASS)
    parts += [write_method(method, path, operation, schemas) for method, path, operation in operations]
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(CLIENT), "-"]
    return subprocess.run(ruff, input="\n\n".join(parts), capture_output=True, text=True, check=True).stdout  # noqa: S603


def shapes_of(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what the method of an operation takes and returns; errors become exceptions."""
    yield from (parameter["schema"] for parameter in operation["parameters"])
    yield operation.get("requestBody")
    answer = answer_of(operation)
    if answer == FILE:
        return
    yield schemas[answer]["properties"][entries] if (entries := entries_of(schemas[answer])) else {"$ref": answer}


def answer_of(operation: Mapping[str, Any]) -> str:
    """Return the name of the schema that all successful answers of an operation share; `FILE` for a file."""
    (answer,) = {
        write_type(content["schema"])
        for status, response in operation["responses"].items()
        for content in response["content"].values()
        if int(status) < 400
    }
    return answer


def entries_of(answer: Mapping[str, Any]) -> str:
    """Return the name of the list in an answer that is a part of a list, or ""."""
    fields = answer["properties"]
    return next(name for name in fields if name != "next_url") if "next_url" in fields else ""


def find_used(schemas: Mapping[str, Any], within: Any) -> set[str]:
    """Return the names of the schemas to which parts of the document refer, directly or through others."""
    waiting, used = find_references(within), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting |= find_references(schemas[name])
    return used


def find_references(part: Any) -> set[str]:
    if isinstance(part, Mapping):
        own = {name_of(part)} if isinstance(part.get("$ref"), str) else set[str]()
        return own.union(*map(find_references, part.values()))
    return set[str]().union(*map(find_references, part)) if isinstance(part, list) else set()


def name_of(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def write_type(schema: Mapping[str, Any]) -> str:
    """Write a schema as a Python type.

    :raises ValueError: if the document has a kind of schema that it did not have when this was written.
    """
    match schema:
        case {"$ref": _}:
            return name_of(schema)
        case {"allOf": [only]}:
            return write_type(only)
        case {"anyOf": choices}:
            return " | ".join(map(write_type, choices))
        case {"enum": values}:
            return f"Literal[{', '.join(map(repr, values))}]"
        case {"type": "array", "prefixItems": items}:
            # JSON has no tuples, so an item may be of the type of any.
            kinds = dict.fromkeys(kind for item in items for kind in write_type(item).split(" | "))
            return f"list[{' | '.join(kinds)}]"
        case {"type": "array", "items": item}:
            return f"list[{write_type(item)}]"
        case {"type": str(kind)} if kind in TYPES:
            return FILE if schema.get("format") == "binary" else TYPES[kind]
    raise ValueError(f"The client has no type for {schema}.")


def write_shape(name: str, schema: Mapping[str, Any]) -> str:
    """Write a schema of the document as a class, or as a type if it only lists values."""
    if "enum" in schema:
        return f"type {name} = {write_type(schema)}"
    lines = [f"class {name}(TypedDict):", *write_docstring(schema.get("description", ""), indent="    "), ""]
    for field, shape in schema["properties"].items():
        kind = write_type(shape)
        lines.append(f"    {field}: {kind if field in schema.get('required', []) else f'NotRequired[{kind}]'}")
    return "\n".join(lines)


def write_docstring(text: str, *more: str, indent: str) -> list[str]:
    """Write the paragraphs of a text, and after them the lines about parameters. Long lines are wrapped."""
    paragraphs = [wrap(part, indent) for part in text.split("\n\n") if part.strip()]
    if more:
        paragraphs.append([line for entry in more for line in wrap(entry, indent, further=f"{indent}    ")])
    if not paragraphs:
        return []
    lines = [line for part in paragraphs for line in ("", *part)][1:]
    lines[0] = f'{indent}"""{lines[0].strip()}'
    return [f'{lines[0]}"""'] if len(lines) == 1 else [*lines, f'{indent}"""']


def wrap(text: str, indent: str, *, further: str = "") -> list[str]:
    # Six characters are left for the quotes of a docstring on one line.
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH - 6,
        initial_indent=indent,
        subsequent_indent=further or indent,
        break_on_hyphens=False,
    )


def write_method(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Write an operation; one that answers with a part of a list yields the entries of the whole list."""
    answer = answer_of(operation)
    entries = "" if answer == FILE else entries_of(schemas[answer])
    in_path = [one for one in operation["parameters"] if one["in"] == "path"]
    in_query = [one for one in operation["parameters"] if one["in"] == "query" and one["name"] != "after"]
    takes_key = any(one["name"] == KEY for one in operation["parameters"])

    given = ["self", *(f"{one['name']}: {write_type(one['schema'])}" for one in in_path)]
    passed = [repr(entries)] if entries else []
    if "requestBody" in operation:
        given.append(f"body: {write_type(operation['requestBody']['content']['application/json']['schema'])}")
        passed.append("body=body")
    named = [f"{argument_of(one)}: {write_type(one['schema'])} | None = None" for one in in_query]
    if takes_key:
        named.append("key: str")
        passed.append(f"headers={{{KEY!r}: key}}")
    if in_query:
        passed.append(f"query={{{', '.join(f'{one["name"]!r}: {argument_of(one)}' for one in in_query)}}}")
    address = f"f{re.sub(r'{(\w+)}', r'{quote_part(\1)}', path)!r}" if in_path else repr(path)
    about = [f":param {argument_of(one)}: {one['description']}" for one in in_query]
    about += [f":param key: {one['description']}" for one in operation["parameters"] if one["name"] == KEY]
    kind = f"Iterator[{write_type(schemas[answer]['properties'][entries]['items'])}]" if entries else answer
    lines = [f"    def {operation['operationId']}({', '.join([*given, *(['*', *named] if named else [])])}) -> {kind}:"]
    lines += write_docstring(operation["description"], *about, indent="        ")
    if answer == FILE:
        lines.append(f"        return self.download({address})")
    elif entries:
        lines.append(f"        return self.read_list({address}, {', '.join(passed)})")
    else:
        lines.append(f"        answer: {answer} = self.send({', '.join([repr(method), address, *passed])})")
        lines.append("        return answer")
    return "\n".join(lines)


def argument_of(parameter: Mapping[str, Any]) -> str:
    name = str(parameter["name"])
    return f"{name}_" if keyword.iskeyword(name) else name


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
    django.setup()
    from statsoffice.office_api.api import api

    CLIENT.write_text(write_client(api.get_openapi_schema()), encoding="utf-8")
