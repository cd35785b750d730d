# SPDX-License-Identifier: MIT
"""Sizes: where one of these pinches, the module has two ideas."""

import ast
import statistics

PARAMETERS_ARE_THE_INTERFACE = ("blocks", "cli")  # GRC and the command line show each
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def body(function):
    """Return a function's statements without its docstring."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return function.body[1:] if has_docstring else function.body


def depth(node, at=0):
    """Return how deep blocks stand in blocks; an elif is no deeper than its if."""
    deepest = at
    for field, value in ast.iter_fields(node):
        children = (
            [child for child in value if isinstance(child, ast.AST)]
            if isinstance(value, list)
            else []
        )
        for child in children:
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                continue
            is_elif = field == "orelse" and isinstance(child, ast.If) and len(children) == 1
            inside = at + (isinstance(child, BLOCKS) and not is_elif)
            deepest = max(deepest, depth(child, inside))
    return deepest


def test_modules_are_short(modules):
    lengths = {module.name: module.text.count("\n") for module in modules}
    assert {name: n for name, n in lengths.items() if n > 400} == {}
    assert statistics.median(lengths.values()) <= 150


def test_function_bodies_are_short(modules):
    lengths = {
        f"{module.name}:{function.name}": lines[-1].end_lineno - lines[0].lineno + 1
        for module in modules
        for function in module.functions
        if (lines := body(function))
    }
    assert {name: n for name, n in lengths.items() if n > 50} == {}


def test_functions_take_at_most_five_arguments_by_place(modules):
    counts = {
        f"{module.name}:{function.name}": [
            argument.arg
            for argument in function.args.posonlyargs + function.args.args
            if argument.arg not in ("self", "cls")
        ]
        for module in modules
        if module.room not in PARAMETERS_ARE_THE_INTERFACE
        for function in module.functions
        if "register_to_config" not in map(ast.unparse, function.decorator_list)
    }
    assert {name: names for name, names in counts.items() if len(names) > 5} == {}


def test_blocks_nest_at_most_three_deep(modules):
    depths = {
        f"{module.name}:{function.name}": depth(function)
        for module in modules
        for function in module.functions
    }
    assert {name: n for name, n in depths.items() if n > 3} == {}
