from typing import Any

import pytest

from lambdakit.events.shape import (
    Check,
    Field,
    boolean,
    first_mistake,
    list_of_text,
    map_of_lists,
    map_of_text,
    map_of_text_or_lists,
    status_code,
    table,
    text,
)

FIELDS = (
    Field("method", text, required=True),
    Field("context", table, required=True),
    Field("context.http.ip", text),
    Field("headers", map_of_text),
)


def nested(levels: int) -> Any:
    """Return lists in lists, more of them than Python's own `repr` can follow."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (text, ""),
        (text, "ñ日😀"),
        (boolean, True),
        (status_code, 404),
        (status_code, "200"),
        (table, {}),
        (list_of_text, ["a", ""]),
        (map_of_text, {"a": "b", "c": None}),
        (map_of_lists, {"a": ["b"], "c": [], "d": None}),
        (map_of_text_or_lists, {"a": ["b"], "c": "d", "e": None}),
    ],
)
def test_a_good_value_has_no_mistake(check: Check, good: object) -> None:
    assert check(good) is None


@pytest.mark.parametrize(
    ("check", "wrong", "mistake"),
    [
        (text, 5, "is 5, expected text"),
        (text, None, "is None, expected text"),
        (text, b"x", "is b'x', expected text"),
        (text, {"a": "b"}, "is {'a': 'b'}, expected text"),
        (text, list(range(9)), "is [0, 1, 2, 3, 4, 5, ...], expected text"),
        (text, "half \udc80", "is no Unicode"),
        (boolean, 1, "is 1, expected true or false"),
        (boolean, "true", "is 'true', expected true or false"),
        (status_code, True, "is True, expected a whole number"),
        (status_code, 200.5, "is 200.5, expected a whole number"),
        (status_code, "OK", "is 'OK', expected a whole number"),
        (status_code, "-1", "is '-1', expected a whole number"),
        (table, [], "is [], expected an object"),
        (table, "x" * 99, f"is '{'x' * 27}...{'x' * 28}', expected an object"),
        (list_of_text, "ab", "is 'ab', expected a list of text"),
        (list_of_text, ["a", None], "[1] is None, expected text"),
        (map_of_text, [], "is [], expected an object"),
        (map_of_text, {"a": ["b"]}, "['a'] is ['b'], expected text"),
        (map_of_text, {5: "b"}, "has a name that is 5, expected text"),
        (map_of_text, {"\ud800": "b"}, "has a name that is no Unicode"),
        (map_of_lists, {"a": "b"}, "['a'] is 'b', expected a list of text"),
        (map_of_lists, {"a": ["b", 5]}, "['a'][1] is 5, expected text"),
        (map_of_lists, {"a" * 99: 5}, f"['{'a' * 27}...{'a' * 28}'] is 5, expected a list of text"),
        (map_of_text_or_lists, {"a": 5}, "['a'] is 5, expected text"),
        (map_of_text_or_lists, {"a": ["b", 5]}, "['a'][1] is 5, expected text"),
    ],
)
def test_a_wrong_value_is_shown_with_what_was_expected(check: Check, wrong: object, mistake: str) -> None:
    assert check(wrong) == mistake


@pytest.mark.parametrize("check", [text, boolean, status_code, map_of_text, map_of_lists])
def test_a_value_nested_without_end_is_shown_cut_off(check: Check) -> None:
    mistake = check(nested(100_000))

    assert mistake
    assert mistake.startswith("is [[[[[[[...]]]]]]], expected ")


@pytest.mark.parametrize(
    ("event", "mistake"),
    [
        ({"method": "GET", "context": {}}, None),
        ({"method": "GET", "context": {"http": {"ip": None}}, "headers": None}, None),
        ({}, "method is missing"),
        ({"method": None, "context": {}}, "method is missing"),
        ({"method": 5}, "method is 5, expected text"),
        ({"method": "GET", "context": 5}, "context is 5, expected an object"),
        ({"method": "GET", "context": {"http": {"ip": 5}}}, "context.http.ip is 5, expected text"),
        ({"method": "GET", "context": {"http": 5}}, None),
        ({"method": "GET", "context": {}, "headers": {"a": 5}}, "headers['a'] is 5, expected text"),
        ({"method": "GET", "context": {}, "headers": {5: "a"}}, "headers has a name that is 5, expected text"),
        ([], "method is missing"),
    ],
)
def test_the_first_mistake_of_an_event_is_told_with_its_place(event: Any, mistake: str | None) -> None:
    assert first_mistake(event, FIELDS) == mistake
