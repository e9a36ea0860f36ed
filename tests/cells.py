"""A notebook's code, run in this process: only what leads to the lines that a test is about."""

import ast
import re

import nbformat
import pytest


def run(path, wanted, changed=()):
    """Run the statements that match ``wanted``, and those before that set what they read.

    path : the notebook. wanted : a pattern, matched at the start of a statement. changed : other
    sources for some cells, by their ids. The pictures are left out unless something reads them;
    nbval runs each notebook whole.
    """
    statements = []
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            source = changed[cell.id] if cell.id in changed else cell.source
            statements += [(cell.id, node) for node in ast.parse(source).body]
    read, needed = set(), []
    for cell, node in reversed(statements):
        if re.match(wanted, ast.unparse(node)) or sets(node) & read:
            needed.append((cell, node))
            read |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        patch.syspath_prepend(path.parent)
        for cell, node in reversed(needed):
            exec(compile(ast.Module([node], []), cell, "exec"), names)
    return names


def sets(statement):
    """The names that a statement gives a value, or a part of one."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif is_set(node):
            found |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return found


def is_set(node):
    if isinstance(node, ast.Attribute):
        return node.attr in ("append", "extend", "update")
    return isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Store)
