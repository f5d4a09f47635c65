"""Items as DynamoDB writes them."""

import base64
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, cast

from lambdakit.operations.event_factories.origin import Event

_SETS: dict[object, str] = {str: "SS", int: "NS", float: "NS", Decimal: "NS", bytes: "BS"}


def to_item(values: Mapping[str, Any]) -> Event:
    """Return an item whose values say their types.

    Raises:
        TypeError: DynamoDB has no type for a value.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
    """
    return {name: to_attribute(value) for name, value in values.items()}


def to_attribute(value: Any) -> Event:
    """Return a value with its type, binary ones as base64."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": base64.b64encode(value).decode()}
        case _:
            return _to_collection(value)


def _to_collection(value: Any) -> Event:
    match value:
        case Mapping():
            return {"M": to_item(cast("Mapping[str, Any]", value))}
        case list() | tuple():
            return {"L": [to_attribute(each) for each in cast("list[Any]", value)]}
        case AbstractSet() if value:
            return _to_set(cast("AbstractSet[Any]", value))
        case _:
            raise TypeError(f"DynamoDB has no type for {value!r}")


def _to_set(values: AbstractSet[Any]) -> Event:
    kinds = {_SETS.get(cast("object", type(each))) for each in values}
    kind = kinds.pop()
    if kind is None or kinds:
        raise TypeError("a set of DynamoDB holds only texts, only numbers or only bytes")
    return {kind: sorted(next(iter(to_attribute(each).values())) for each in values)}


def size_of(item: Mapping[str, Any]) -> int:
    """Return how many bytes an item takes: the UTF-8 of its names and values, numbers about half of their digits.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size(attribute) for name, attribute in item.items())


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return len(value) // 2 + 1
        case "B":
            return len(base64.b64decode(value))
        case "M":
            return 3 + size_of(value)
        case "L":
            return 3 + sum(_size(each) for each in value)
        case "SS" | "NS" | "BS":
            return sum(_size({kind[0]: each}) for each in value)
        case _:
            return 1
