# SPDX-License-Identifier: MIT
"""Public names: listed, sorted, few, and documented."""

import ast
import re

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MANY = {"errors.py"}  # one tree of errors, drawn on one page


def listed(module):
    """Return the names in ``__all__``, or None where there is none."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return None


def assigned(module):
    """Return every name that the module binds at its top."""
    names = set()
    for node in module.tree.body:
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {
                name.id for t in targets for name in ast.walk(t) if isinstance(name, ast.Name)
            }
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def by_kind(name):
    """Return what ruff sorts by: constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def is_verb(node):
    """Return whether a function is handed to a Typer app, and so needs no name."""
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return any(re.search(r"\.(command|callback)\(", mark) for mark in marks)


def with_code(modules):
    """Return the modules that define or assign anything."""
    kinds = (*DEFINITIONS, ast.Assign, ast.AnnAssign)
    return [module for module in modules if any(isinstance(n, kinds) for n in module.tree.body)]


def test_every_module_lists_its_public_names_in_order(modules):
    lists = {module.name: listed(module) for module in with_code(modules)}
    assert {
        name: names for name, names in lists.items() if names != sorted(names or [], key=by_kind)
    } == {}


def test_the_list_is_complete_and_true(modules):
    for module in with_code(modules):
        defined = [n for n in module.tree.body if isinstance(n, DEFINITIONS) and not is_verb(n)]
        public = {node.name for node in defined if not node.name.startswith("_")}
        names = set(listed(module))
        assert public <= names, f"{module.name} does not list {public - names}"
        assert names <= assigned(module), f"{module.name} has no {names - assigned(module)}"


def test_a_module_has_few_public_names(modules):
    counts = {m.name: len(listed(m)) for m in with_code(modules) if m.name not in MANY}
    assert {name: n for name, n in counts.items() if n > 6} == {}


def test_everything_public_is_documented(modules):
    bare = []
    for module in modules:
        if ast.get_docstring(module.tree) is None:
            bare.append(module.name)
        for node in module.tree.body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                inner = node.body if isinstance(node, ast.ClassDef) else []
                public = [n for n in inner if isinstance(n, DEFINITIONS) and n.name[0] != "_"]
                bare += [
                    f"{module.name}:{n.name}" for n in [node, *public] if not ast.get_docstring(n)
                ]
    assert bare == []


def test_nothing_asserts(modules):
    asserting = [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assert)
    ]
    assert asserting == []
