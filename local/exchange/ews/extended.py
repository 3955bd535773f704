"""ExtendedFieldURI and ExtendedProperty, read and written."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from local.exchange.ews.markup import Element, children, find, name_of, text, text_of
from local.exchange.ews.soap import violation
from local.exchange.store import PropertyKey, PropertyValue, Refused
from local.exchange.store.properties import SETS

_TYPES = frozenset(
    [
        "ApplicationTime",
        "Binary",
        "Boolean",
        "CLSID",
        "Currency",
        "Double",
        "Float",
        "Integer",
        "Long",
        "Null",
        "Object",
        "Short",
        "String",
        "SystemTime",
        "Error",
    ]
)
_FIRST_NAMED_TAG = 0x8000
_FORMS = {
    "Integer": re.compile(r"-?\d+"),
    "Short": re.compile(r"-?\d+"),
    "Long": re.compile(r"-?\d+"),
    "Boolean": re.compile(r"true|false|0|1"),
    "SystemTime": re.compile(r"\d{4}-\d\d-\d\dT.*"),
}


class ExtendedField(NamedTuple):
    """`markup` repeats the path as it was asked for."""

    key: PropertyKey
    markup: str


def field_of(element: Element) -> ExtendedField:
    """Raises Refused ErrorInvalidExtendedProperty, SoapFault for a type that does not exist."""
    kind = element.get("PropertyType", "")
    if kind.removesuffix("Array") not in _TYPES:
        raise violation(f"The 'PropertyType' attribute is invalid - The value '{kind}' is invalid.", element)
    attributes = "".join(f' {name!s}="{text(str(value))}"' for name, value in element.attrib.items())
    return ExtendedField(_key(element, kind), f"<t:ExtendedFieldURI{attributes}/>")


def _key(element: Element, kind: str) -> PropertyKey:
    tag, identifier, name = element.get("PropertyTag"), element.get("PropertyId"), element.get("PropertyName")
    set_id = SETS.get(element.get("DistinguishedPropertySetId", "")) or element.get("PropertySetId", "").lower().strip(
        "{}"
    )
    if tag is not None and not set_id and identifier is None and name is None:
        number = _number(tag)
        if number is not None and number < _FIRST_NAMED_TAG:
            return PropertyKey(kind, tag=number)
    elif tag is None and set_id and name is not None and identifier is None:
        return PropertyKey(kind, set_id=set_id, name=name.lower() if set_id == SETS["InternetHeaders"] else name)
    elif tag is None and set_id and name is None and identifier is not None and _number(identifier) is not None:
        return PropertyKey(kind, set_id=set_id, lid=_number(identifier))
    raise Refused("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.")


def _number(written: str) -> int | None:
    try:
        return int(written, 16 if written.lower().startswith("0x") else 10)
    except ValueError:
        return None


def property_of(element: Element) -> tuple[PropertyKey, PropertyValue]:
    """Raises Refused ErrorInvalidExtendedPropertyValue too."""
    path = find(element, "ExtendedFieldURI")
    if path is None:
        raise violation("The element 'ExtendedProperty' has incomplete content.", element)
    key = field_of(path).key
    values = find(element, "Values")
    if key.type.endswith("Array") != (values is not None):
        raise _invalid_value()
    if values is not None:
        return key, tuple(_checked(key.type.removesuffix("Array"), text_of(value)) for value in children(values))
    return key, _checked(key.type, text_of(find(element, "Value")))


def _checked(kind: str, value: str) -> str:
    form = _FORMS.get(kind)
    if form is not None and not form.fullmatch(value.strip()):
        raise _invalid_value()
    if kind == "Binary":
        try:
            return base64.b64encode(base64.b64decode(value)).decode()
        except ValueError:
            raise _invalid_value() from None
    return value.strip() if form is not None else value


def _invalid_value() -> Refused:
    return Refused("ErrorInvalidExtendedPropertyValue", "The extended property value is invalid.")


def property_markup(field: ExtendedField, value: PropertyValue) -> str:
    if isinstance(value, tuple):
        inner = f"<t:Values>{''.join(f'<t:Value>{text(one)}</t:Value>' for one in value)}</t:Values>"
    else:
        inner = f"<t:Value>{text(value)}</t:Value>"
    return f"<t:ExtendedProperty>{field.markup}{inner}</t:ExtendedProperty>"


def is_extended(element: Element) -> bool:
    return name_of(element) == "ExtendedFieldURI"
