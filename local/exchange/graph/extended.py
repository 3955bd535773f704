"""Extended properties as Graph writes them: `String {GUID} Name x`, `Binary {GUID} Id 0x8520`, `Integer 0x0E07`."""

from __future__ import annotations

import base64
import re
from typing import Any

from local.exchange.graph.refusal import bad_request
from local.exchange.store import Item, PropertyKey, PropertyValue, properties

_TYPES = (
    "ApplicationTime|Binary|Boolean|CLSID|Currency|Double|Float|Integer|Long|Null|Object|Short|String|SystemTime|Error"
)
_TAGGED = re.compile(rf"((?:{_TYPES})(?:Array)?)\s+(0x[0-9a-f]+)", re.IGNORECASE)
_NAMED = re.compile(
    rf"((?:{_TYPES})(?:Array)?)\s+\{{?([0-9a-f-]{{36}})\}}?\s+(?:Name\s+(.+)|Id\s+(0x[0-9a-f]+|\d+))", re.IGNORECASE
)
_SPELT = {name.lower(): name for name in _TYPES.split("|")}


def key_of(written: str) -> PropertyKey:
    """Raises GraphRefused."""
    tagged, named = _TAGGED.fullmatch(written.strip()), _NAMED.fullmatch(written.strip())
    if tagged is not None:
        return PropertyKey(_type(tagged[1]), tag=int(tagged[2], 16))
    if named is None:
        raise bad_request(
            f"PropertyId values may only be in one of the following formats: 'MapiPropertyType namespaceGuid Name propertyName', "
            f"'MapiPropertyType namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'. Invalid: '{written}'.",
            "ErrorInvalidExtendedProperty",
        )
    kind, set_id = _type(named[1]), named[2].lower()
    if named[3] is not None:
        is_header = set_id == properties.INTERNET_HEADERS
        return PropertyKey(kind, set_id=set_id, name=named[3].lower() if is_header else named[3])
    return PropertyKey(kind, set_id=set_id, lid=int(named[4], 16 if named[4].lower().startswith("0x") else 10))


def _type(written: str) -> str:
    plain = written.lower().removesuffix("array")
    return _SPELT[plain] + ("Array" if plain != written.lower() else "")


def written(key: PropertyKey) -> str:
    """As Exchange repeats it: tags without leading zeros, GUIDs in lower case."""
    if key.tag is not None:
        return f"{key.type} 0x{key.tag:x}"
    return f"{key.type} {{{key.set_id}}} " + (f"Name {key.name}" if key.name is not None else f"Id 0x{key.lid:x}")


def shown(item: Item, keys: list[PropertyKey]) -> list[dict[str, Any]]:
    """Those of the keys that the item has."""
    found = ((key, properties.read(item, key)) for key in keys)
    return [
        {"id": written(key), "value": list(value) if isinstance(value, tuple) else value}
        for key, value in found
        if value is not None
    ]


def given(body: dict[str, Any]) -> dict[PropertyKey, PropertyValue | None]:
    """What a request sets or, with null, removes. Raises GraphRefused."""
    singles = [(key_of(str(one.get("id", ""))), one.get("value")) for one in _list(body, "singleValue")]
    lists = [(key_of(str(one.get("id", ""))), one.get("value")) for one in _list(body, "multiValue")]
    return {key: _value(key, value) for key, value in (*singles, *lists)}


def _list(body: dict[str, Any], which: str) -> list[dict[str, Any]]:
    return body.get(f"{which}ExtendedProperties") or []


def _value(key: PropertyKey, value: Any) -> PropertyValue | None:
    if value is None:
        return None
    if key.type.endswith("Array") != isinstance(value, list):
        raise bad_request("The extended property value is invalid.", "ErrorInvalidExtendedPropertyValue")
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    if key.type == "Binary":
        try:
            return base64.b64encode(base64.b64decode(str(value), validate=True)).decode()
        except ValueError:
            raise bad_request("The extended property value is invalid.", "ErrorInvalidExtendedPropertyValue") from None
    return str(value)
