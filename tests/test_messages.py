"""Every name in braces of a message is one of the facts it is filled with."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import string
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation import errors

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "workstation").rglob("*.py"))
ERRORS = [getattr(errors, name) for name in errors.__all__ if name != "UserMessage"]

_TEXTS = ("tr", "translate", "UserMessage")
"""Calls that stand for their first argument, as far as names in braces go."""
_FILLING = ("UserMessage", "translate", "doubtful", "incomplete", "Undecodable", "Misshapen")
"""Calls of a template with its facts by name."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def names_in(template: str) -> set[str]:
    """The names in braces; empty if ``template`` is no format string."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError:
        return set()
    return {name.partition(".")[0] for _, name, _, _ in parsed if name is not None}


def differences(code: str) -> Iterator[tuple[int, str]]:
    """Line and template of each message that names what is not among its facts."""
    yield from _differences(ast.parse(code), {})


def _differences(node: ast.AST, assigned: dict[str, list[ast.expr]]) -> Iterator[tuple[int, str]]:
    if isinstance(node, Function):
        assigned = {**assigned, **_assigned(node)}
    if isinstance(node, ast.Call):
        for template in _filled(node, assigned):
            if not names_in(template) <= {keyword.arg for keyword in node.keywords}:
                yield node.lineno, template
    for child in ast.iter_child_nodes(node):
        yield from _differences(child, assigned)


def _filled(call: ast.Call, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The templates that ``call`` may fill; none where only the run decides what it fills in."""
    if any(keyword.arg is None for keyword in call.keywords):
        return
    if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
        if not call.args:
            yield from _texts(call.func.value, assigned)
    elif _name(call.func) in _FILLING and call.args and call.keywords:
        yield from _texts(call.args[0], assigned)


def _texts(expression: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The texts that an expression may be, as far as the code around it says."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, assigned)
            yield from _texts(other, assigned)
        case ast.Call(func=func, args=[first, *_]) if _name(func) in _TEXTS:
            yield from _texts(first, assigned)
        case ast.Name(id=name):
            before = [value for value in assigned.get(name, ()) if value.lineno <= expression.lineno]
            for value in before[-1:]:  # the one nearest above it
                yield from _texts(value, {})


def _assigned(function: Function) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in sorted(ast.walk(function), key=lambda each: getattr(each, "lineno", 0)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, []).append(value)
    return found


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_message_is_filled_with_what_it_names(path):
    assert list(differences(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_the_facts_its_templates_name(error):
    facts = {field.name for field in dataclasses.fields(error)}
    facts |= {name for each in error.__mro__ if "facts" in vars(each) for name in _added(vars(each)["facts"])}
    assert {name for text in _own_texts(error) for name in names_in(text)} <= facts


def _own_texts(error: type) -> set[str]:
    """The texts in a class but those that are filled where they stand."""
    code = ast.parse(textwrap.dedent(inspect.getsource(error)))
    filled = {text for node in ast.walk(code) if isinstance(node, ast.Call) for text in _filled(node, {})}
    texts = {
        node.value
        for node in ast.walk(code)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return texts - filled


def _added(facts: property) -> set[object]:
    """The names that a property ``facts`` adds to the fields."""
    code = ast.parse(textwrap.dedent(inspect.getsource(facts.fget)))
    return {
        key.value
        for node in ast.walk(code)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }


@pytest.mark.parametrize(
    "line",
    [
        'UserMessage("{name} is gone.", nme=name)',
        'self.tr("{n} images").format(m=3)',
        'translate("{n} of {m}", n=1)',
        '("one" if n == 1 else "{n} of {all}").format(n=n)',
        'def one():\n    words = "{reason}."\n    return UserMessage(words, why=reason)',
        'def one():\n    first, other = tr("1"), tr("{n} are {what}")\n    return other.format(n=n)',
    ],
)
def test_a_renamed_fact_is_found(line):
    assert len(list(differences(line))) >= 1


def test_what_fits_and_what_only_the_run_knows_pass():
    fitting = (
        'UserMessage("{a} {b:g}", a=1, b=2); tr("{n} x").format(n=1); f"{a}"; UserMessage(text, **facts)'
    )
    assert list(differences(fitting)) == []
