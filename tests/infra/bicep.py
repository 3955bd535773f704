"""Reads Bicep files into what the rules ask about: declarations, references, values. Knows the grammar, not the project."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_DECLARATIONS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "type_declaration": "type",
}


def text(node: Node | None) -> str:
    return (node.text or b"").decode() if node else ""


def below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from below(child)


def properties(node: Node) -> dict[str, Node]:
    """The properties of an object: name -> value."""
    found = {}
    for child in node.named_children:
        if child.type == "object_property" and len(child.named_children) > 1:
            key, value = child.named_children[0], child.named_children[-1]
            found[text(key).strip("'")] = value
    return found


def strings(node: Node) -> list[str]:
    """Every literal string in a value, without what is interpolated."""
    return [text(child) for child in below(node) if child.type == "string_content"]


@dataclass(frozen=True)
class Declaration:
    kind: str
    name: str
    node: Node
    description: str

    @cached_property
    def body(self) -> Node:
        """The object of a resource or module, inside its condition or loop if it has one."""
        return next(child for child in below(self.node) if child.type == "object")

    @cached_property
    def has_default(self) -> bool:
        return any(child.type == "=" for child in self.node.children)

    @cached_property
    def type(self) -> str:
        """``Microsoft.Storage/storageAccounts@2023-05-01`` of a resource, the file of a module."""
        return text(next(child for child in self.node.named_children if child.type == "string")).strip("'")

    @cached_property
    def exists_already(self) -> bool:
        return any(child.type == "existing" for child in self.node.children)


class Bicep:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = _PARSER.parse(path.read_bytes()).root_node

    @cached_property
    def mistakes(self) -> list[str]:
        return [
            f"{self.path.name}:{node.start_point.row + 1}: not Bicep: {text(node)[:40]!r}"
            for node in below(self.root)
            if node.is_error or (node.is_missing and not self._untyped_value(node))
        ]

    def _untyped_value(self, node: Node) -> bool:
        """The grammar knows no ``param x = …`` of a .bicepparam and misses the type there."""
        return self.path.suffix == ".bicepparam" and bool(node.parent) and node.parent.type == "type"

    @cached_property
    def declarations(self) -> list[Declaration]:
        found = []
        for node in below(self.root):
            if node.type in _DECLARATIONS:
                before = node.prev_named_sibling
                above = strings(before) if before and before.type == "decorators" else []
                name = text(next(child for child in node.named_children if child.type == "identifier"))
                found.append(Declaration(_DECLARATIONS[node.type], name, node, above[0] if above else ""))
        return found

    def of(self, kind: str) -> dict[str, Declaration]:
        return {one.name: one for one in self.declarations if one.kind == kind}

    @cached_property
    def loop_names(self) -> set[str]:
        found = set()
        for node in below(self.root):
            if node.type in {"loop_variable", "loop_enumerator"}:
                found.add(text(node))
            elif node.type == "for_statement" and node.named_children[0].type == "identifier":
                found.add(text(node.named_children[0]))
        return found

    @cached_property
    def references(self) -> list[tuple[str, int]]:
        """Names that are used, with the line; functions too."""
        return [
            (text(node), node.start_point.row + 1)
            for node in below(self.root)
            if node.type == "identifier" and text(node) and not _names_itself(node)
        ]


def _names_itself(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in {*_DECLARATIONS, "object_property", "for_statement"}:
        return False
    return parent.named_children[0] == node
