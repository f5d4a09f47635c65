"""What a parameter of a factory is on the command line, and how its text is read."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, cast, get_args, get_origin

from typer import Option

from lambdakit.cli.invoke_local.content import parse_json, read_value
from lambdakit.errors import OptionError

_CONTENT = "TEXT|@FILE|-"


class Flag(NamedTuple):
    """A parameter as the command line has it; `read` turns what was typed into what the factory takes."""

    parameter: inspect.Parameter
    read: Callable[[Any], Any]


class _Form(NamedTuple):
    kind: Any
    metavar: str | None
    read: Callable[[Any], Any]


def make_flag(parameter: inspect.Parameter, words: str) -> Flag:
    """Return the option of a factory's parameter, with its words for `--help`.

    An option that is not given is None, so that the factory's own default holds.

    Raises:
        TypeError: No option can hold values of its type.
    """
    name = f"--{parameter.name.replace('_', '-')}"
    form = _find_form(parameter.annotation, name)
    if parameter.kind is parameter.VAR_POSITIONAL:
        words, form = f"{words[:-1]}; repeatable.", _repeat(form)
    if shown := _shown(parameter.default):
        words = f"{words[:-1]}; by default {shown}."
    option = Option(name, metavar=form.metavar, help=words, show_default=False)
    annotation = Annotated[form.kind if form.kind is bool else form.kind | None, option]
    default = False if form.kind is bool else None
    return Flag(parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=annotation, default=default), form.read)


def _shown(default: Any) -> str:
    shown = ", ".join(cast("Sequence[str]", default)) if isinstance(default, tuple) else default
    return str(shown) if isinstance(shown, str | int) and shown else ""


def _find_form(annotation: Any, name: str) -> _Form:
    if annotation is bool:
        return _Form(bool, None, _keep)
    if get_origin(annotation) is Literal:
        return _Form(annotation, "|".join(get_args(annotation)), _keep)
    if annotation in {str, str | None}:
        return _Form(str, "TEXT", _keep)
    if annotation is int:
        return _Form(int, "N", _keep)
    if annotation is Any:
        return _Form(str, _CONTENT, partial(_read_content, option=name))
    if get_origin(annotation) is Sequence:
        return _Form(list[str], "TEXT", _keep)
    return _find_mapping(
        next((each for each in (annotation, *get_args(annotation)) if get_origin(each) is Mapping), annotation), name
    )


def _find_mapping(annotation: Any, name: str) -> _Form:
    if get_args(annotation) == (str, Any):
        return _Form(str, _CONTENT, partial(read_object, option=name))
    if get_origin(annotation) is Mapping:
        return _Form(list[str], "NAME=VALUE", partial(_read_pairs, option=name))
    raise TypeError(f"no option can hold {annotation}")


def _repeat(form: _Form) -> _Form:
    return _Form(list[form.kind], form.metavar, partial(_read_each, form.read))


def _keep(value: Any) -> Any:
    return value


def read_object(text: str, option: str) -> dict[str, Any]:
    """Return an object of JSON: the text itself, `@FILE` or `-`.

    Raises:
        OptionError: It is no JSON, or no object.
    """
    content = read_value(text, option)
    value = parse_json(content)
    if not isinstance(value, dict):
        raise OptionError("the JSON is no object", where=content.name, fix='write one, as in {"id": 1}')
    return cast("dict[str, Any]", value)


def _read_content(text: str, option: str) -> str | bytes:
    content = read_value(text, option).data
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _read_each(read: Callable[[str], Any], texts: list[str]) -> list[Any]:
    return [read(text) for text in texts]


def _read_pairs(texts: list[str], option: str) -> dict[str, str]:
    return dict(_read_pair(text, option) for text in texts)


def _read_pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise OptionError(f"{text!r} is no pair", where=option, fix="write it as NAME=VALUE")
    return name, value
