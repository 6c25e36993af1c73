"""The pass that makes plain classes of attrs classes: the same fields, checked the same way."""

from __future__ import annotations

import ast

from build.slim.model import Module, Program, unknown

RUNTIME = "build.slim.runtime"

_DECORATORS = ("frozen", "define")
_OPTIONS = ("default", "factory", "converter", "validator")


def records(program: Program) -> int:
    """Rewrite every module that imports attrs; return the number of classes rewritten."""
    count = 0
    validators: set[str] = set()
    for module in program.modules.values():
        rewriter = _Rewriter(module, validators)
        rewriter.visit(module.tree)
        program.fields.update(name for names in rewriter.fields.values() for name in names)
        count += len(rewriter.fields)
        if rewriter.evolves:
            where = ast.ImportFrom(module=RUNTIME, names=[ast.alias(name="evolve")], level=0)
            module.tree.body.insert(0, where)
    for module in program.modules.values():
        _Validators(module, validators).visit(module.tree)
    return count


class _Rewriter(ast.NodeTransformer):
    def __init__(self, module: Module, validators: set[str]) -> None:
        self.module = module
        self.fields: dict[str, tuple[str, ...]] = {}
        self.validators = validators
        self.evolves = False

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        node.names = [alias for alias in node.names if alias.name != "attrs"]
        return node if node.names else None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        wanted = [item for item in node.decorator_list if _attrs(item) is not None]
        if wanted:
            if _attrs(wanted[0]) not in _DECORATORS or len(node.decorator_list) > 1:
                raise unknown(self.module.path, node, "this decorator is not known")
            node.decorator_list = []
            self._plain(node)
        self.generic_visit(node)
        return node

    def _plain(self, node: ast.ClassDef) -> None:
        if node.bases:
            raise unknown(self.module.path, node, "an attrs class with a base is not known")
        fields = [_Field(self.module, item) for item in node.body if isinstance(item, ast.Assign)]
        rest = [item for item in node.body if not isinstance(item, ast.Assign)]
        if any(not isinstance(item, ast.FunctionDef) for item in rest):
            raise unknown(self.module.path, node, "an attrs class has fields and methods only")
        self.fields[node.name] = tuple(field.name for field in fields)
        self.validators.update(field.validator for field in fields if field.validator)
        node.body = [_init(fields), *rest]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        names = self._names(node)
        if names is not None:
            return ast.copy_location(ast.parse(repr(names), mode="eval").body, node)
        if _attrs(node.func) == "evolve":
            self.evolves = True
            node.func = ast.Name(id="evolve", ctx=ast.Load())
        self.generic_visit(node)
        return node

    def _names(self, node: ast.Call) -> tuple[str, ...] | None:
        """Return the fields if the call is `tuple(field.name for field in attrs.fields(X))`."""
        for name, fields in self.fields.items():
            if ast.unparse(node) == _NAMES % name:
                return fields
        return None

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if _attrs(node) is not None:
            raise unknown(self.module.path, node, "attrs.%s is not known here" % node.attr)
        self.generic_visit(node)
        return node


_NAMES = ast.unparse(ast.parse("tuple(field.name for field in attrs.fields(XXX))"))
_NAMES = _NAMES.replace("XXX", "%s")


class _Field:
    """One field of an attrs class, read from its definition."""

    def __init__(self, module: Module, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name):
            raise unknown(module.path, node, "this is no field")
        self.name = target.id
        options = {"default": node.value}
        if isinstance(node.value, ast.Call) and _attrs(node.value.func) == "field":
            options = {str(keyword.arg): keyword.value for keyword in node.value.keywords}
            if node.value.args or any(name not in _OPTIONS for name in options):
                raise unknown(module.path, node, "an option of this field is not known")
        elif isinstance(node.value, ast.Call) and _attrs(node.value.func) is not None:
            raise unknown(module.path, node, "a field is attrs.field(...) or a plain value")
        self.factory = options.get("factory")
        self.default = options.get("default")
        if self.factory is None and self.default is None:
            raise unknown(module.path, node, "a field without a default is not known")
        self.converter = options.get("converter")
        validator = options.get("validator")
        if validator is not None and not isinstance(validator, ast.Name):
            raise unknown(module.path, node, "a validator is the name of a function")
        self.validator = validator.id if validator is not None else ""


def _init(fields: list[_Field]) -> ast.FunctionDef:
    """Make the `__init__` that converts all, then validates all, in attrs's order."""
    arguments, body = ["self"], []
    for field in fields:
        value = field.name
        if field.factory is not None:
            value = "%s if %s is None" % (_new(field.factory), field.name)
            value = "%s else %s" % (value, field.name)
            arguments.append("%s=None" % field.name)
        elif field.default is not None:
            arguments.append("%s=%s" % (field.name, ast.unparse(field.default)))
        if field.converter is not None:
            value = "%s(%s)" % (ast.unparse(field.converter), value)
        body.append(" self.%s = %s" % (field.name, value))
    body += [" %s(self.%s)" % (item.validator, item.name) for item in fields if item.validator]
    source = "def __init__(%s):\n%s" % (", ".join(arguments), "\n".join(body or [" pass"]))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function


def _new(factory: ast.expr) -> str:
    text = ast.unparse(factory)
    return {"list": "[]", "dict": "{}"}.get(text, text + "()")


class _Validators(ast.NodeTransformer):
    """attrs calls a validator with the instance and the attribute too, which ours never use."""

    def __init__(self, module: Module, validators: set[str]) -> None:
        self.module = module
        self.validators = validators

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name in self.validators:
            names = [arg.arg for arg in node.args.args]
            if len(names) != 3 or any(not name.startswith("_") for name in names[:2]):
                raise unknown(self.module.path, node, "a validator uses its third parameter only")
            del node.args.args[:2]
        return node


def _attrs(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "attrs" else None
    return None
