"""The pass that puts all modules into one name space, where every definition has its own name.

After it, references are only to definitions, and no longer to modules of ours; the file of each
definition is decided later.
"""

from __future__ import annotations

import ast

from build.slim.model import Entity, Module, Program, unique, unknown
from build.slim.scopes import Scope, Walker, bound

# The names that every MicroPython has without an import.
_BUILT_IN = """
ArithmeticError AssertionError AttributeError BaseException EOFError Exception ImportError
IndexError KeyError KeyboardInterrupt MemoryError NameError NotImplementedError OSError
OverflowError RuntimeError StopIteration SyntaxError SystemExit TypeError UnicodeError
ValueError ZeroDivisionError __import__ __name__ abs all any bin bool bytearray bytes callable
chr classmethod dict dir divmod enumerate eval exec filter float getattr globals hasattr hash
hex id int isinstance issubclass iter len list locals map max memoryview min next object oct
open ord pow print property range repr reversed round set setattr sorted staticmethod str sum
super tuple type zip
"""
BUILT_IN = frozenset(_BUILT_IN.split())


class Binding:
    """The meaning of a name: a module of ours, a definition in one, or an external import."""

    def __init__(self, module: str = "", name: str = "", external: str = "") -> None:
        self.module = module
        self.name = name
        self.external = external


def link(program: Program) -> int:
    """Fill `entities` and `externals`; return the number of references resolved."""
    count = 0
    for module in program.modules.values():
        program.exports[module.name] = bound(list(module.tree.body))
    for module in program.modules.values():
        linker = _Linker(program, module)
        for node in module.tree.body:
            linker.statement(node)
        count += linker.count
    return count


def bindings_of(program: Program, module: Module, node: ast.stmt) -> dict[str, Binding]:
    """Return the names that an import statement binds; raise `SlimError` for an unknown form."""
    found: dict[str, Binding] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            if "." in alias.name or alias.name in program.modules:
                raise unknown(module.path, node, "`import` takes a module that is not ours")
            found[alias.asname or alias.name] = Binding(external="import %s" % alias.name)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level or any(alias.name == "*" for alias in node.names):
            raise unknown(module.path, node, "a relative or * import is not known")
        for alias in node.names:
            found[alias.asname or alias.name] = _from(program, module, node, base, alias.name)
    return found


def _from(program: Program, module: Module, node: ast.stmt, base: str, name: str) -> Binding:
    if "%s.%s" % (base, name) in program.modules:
        return Binding(module="%s.%s" % (base, name))
    if base in program.modules:
        if name not in program.exports[base]:
            raise unknown(module.path, node, "%s does not define %s" % (base, name))
        return Binding(base, name)
    if base.split(".")[0] in {item.split(".")[0] for item in program.modules}:
        raise unknown(module.path, node, "%s is not among the modules to build" % base)
    return Binding(external="from %s import %s" % (base, name))


class _Linker(Walker):
    def __init__(self, program: Program, module: Module) -> None:
        super().__init__()
        self.program = program
        self.module = module
        self.imports: dict[str, Binding] = {}
        self.local_imports: list[dict[str, Binding]] = []
        self.own = set()
        for node in module.tree.body:
            found = bindings_of(program, module, node)
            self.imports.update(found)
            if not found:
                self.own |= bound([node])
        self.count = 0

    def statement(self, node: ast.stmt) -> None:
        """Link a statement at the top of the module."""
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
            return
        names = bound([node])
        if isinstance(node, ast.Try):
            self._fallback(node, names)
            return
        if len(names) != 1 or not isinstance(node, (ast.Assign, ast.FunctionDef, ast.ClassDef)):
            raise unknown(
                self.module.path, node, "at the top of a module are imports and definitions only"
            )
        name = unique(self.module.name, names.pop())
        if name in self.program.entities:
            raise unknown(self.module.path, node, "this is defined twice")
        self.visit(node)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.name = name
        self.program.entities[name] = Entity(name, self.module.path, self.module.name, node)

    def _fallback(self, node: ast.Try, names: set[str]) -> None:
        """Link `try: import a except ImportError: ...`, which binds one external name."""
        if len(names) != 1:
            raise unknown(self.module.path, node, "a `try` at the top is for one import")
        name = unique(self.module.name, names.pop())
        self.visit(node)
        for part in ast.walk(node):
            if isinstance(part, ast.alias):
                part.asname = name
        self.program.entities[name] = Entity(name, self.module.path, self.module.name, node)

    def binding(self, name: str) -> Binding | None:
        """Return the binding that an import gave to a name that is no local variable."""
        return self.imports.get(name)

    def name(self, node: ast.Name, owner: Scope | None) -> ast.expr:
        """Resolve a name to a definition, an external import, a local variable or a built-in."""
        if owner is not None:
            local = owner.renamed.get(node.id)
            return self._resolved(node, self.local[local]) if local else node
        if node.id in self.own:
            self.count += 1
            node.id = unique(self.module.name, node.id)
            return node
        binding = self.imports.get(node.id)
        if binding is not None:
            return self._resolved(node, binding)
        if node.id not in BUILT_IN:
            raise unknown(self.module.path, node, "the name %s is not defined" % node.id)
        return node

    @property
    def local(self) -> dict[str, Binding]:
        """All imports within functions, each by a unique key."""
        return {key: value for found in self.local_imports for key, value in found.items()}

    def _resolved(self, node: ast.Name, binding: Binding) -> ast.expr:
        self.count += 1
        if binding.external:
            name = _external_name(binding.external)
            again = "" if binding.external == "import %s" % name else " as %s" % name
            self.program.externals[name] = ast.parse(binding.external + again).body[0]
            node.id = name
        elif binding.name:
            node.id = self._followed(binding)
        else:
            raise unknown(self.module.path, node, "a module is used only as module.name")
        return node

    def _followed(self, binding: Binding) -> str:
        """Return the definition's name, also if a module imported it from another."""
        module = self.program.modules[binding.module]
        for node in module.tree.body:
            found = bindings_of(self.program, module, node).get(binding.name)
            if found is not None:
                return self._followed(found)
        return unique(binding.module, binding.name)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # noqa: N802 - as `ast` has it
        """Resolve `module.name` if the module is ours."""
        binding = self._module_of(node.value)
        if binding is None:
            return self.generic_visit(node)
        if node.attr not in self.program.exports[binding.module]:
            raise unknown(self.module.path, node, "%s has no %s" % (binding.module, node.attr))
        self.count += 1
        name = self._followed(Binding(binding.module, node.attr))
        return ast.copy_location(ast.Name(id=name, ctx=node.ctx), node)

    def _module_of(self, node: ast.expr) -> Binding | None:
        if not isinstance(node, ast.Name):
            return None
        owner = self.owner(node.id)
        if owner is not None:
            key = owner.renamed.get(node.id)
            binding = self.local[key] if key else None
        else:
            binding = None if node.id in self.own else self.imports.get(node.id)
        return binding if binding is not None and binding.module and not binding.name else None

    def enter(self, scope: Scope, node: ast.AST) -> None:
        """Resolve a function's imports of our modules; `visit_ImportFrom` drops the statements."""
        if scope.kind != "function" or not isinstance(node, ast.FunctionDef):
            return
        for part in ast.walk(node):
            if isinstance(part, (ast.Import, ast.ImportFrom)):
                found = bindings_of(self.program, self.module, part)
                ours = {key: value for key, value in found.items() if value.module}
                if ours and len(ours) != len(found):
                    raise unknown(self.module.path, part, "an import mixes ours and others")
                keys = {"%d:%s" % (id(node), name): ours[name] for name in ours}
                self.local_imports.append(keys)
                scope.renamed.update({name: "%d:%s" % (id(node), name) for name in ours})

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:  # noqa: N802
        """Drop an import of our modules within a function: the file decides on imports later."""
        found = bindings_of(self.program, self.module, node)
        return node if not any(item.module for item in found.values()) else None


def _external_name(statement: str) -> str:
    """Return the program's one name for an external module or a part of it."""
    words = statement.split()
    return words[1] if len(words) == 2 else "%s_%s" % (words[1].replace(".", "_"), words[3])
