"""What code does to the objects that it is given, found by reading it and not by running it.

Each name is followed through the code: which objects it may stand for, and which of them the code
may change. An object is changed by an assignment to one of its attributes or items, by ``+=``, and
by a method that isn't known to only look (`LOOKS`). What a function does to its arguments stands in
its source, if that belongs to the notebook or to the book's library; the functions of NumPy and
other packages change nothing but what they are asked to (`IN_PLACE`, ``out=``).

In doubt an object counts as changed, with two exceptions: what a function keeps of its arguments is
taken to stay as it is, and so is what is given to a function that nobody knows.
"""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from .paths import ROOT

BOOK = ("nnlib", "nnbook")
COMPUTES = frozenset(  # something new from an object: methods of arrays, lists, texts and paths
    "all any argmax argmin argsort cumsum dot max mean min nonzero prod ptp round std sum tolist "
    "trace var count encode endswith exists format glob index is_file join lower lstrip read_bytes "
    "read_text replace resolve rglob rjust ljust rstrip split splitlines startswith strip title "
    "upper capitalize".split()
)
LOOKS = frozenset(  # gives a view, or what is held: arrays, dicts, sets
    "astype clip copy diagonal flatten item ravel repeat reshape squeeze swapaxes take transpose "
    "view difference get intersection items keys union values".split()
)
FACTS = frozenset("dtype ndim shape size".split())
FILLS = frozenset(
    "add append clear extend insert pop remove reverse setdefault sort update".split()
)
IN_PLACE = frozenset(
    "at copyto delattr fill_diagonal next place put putmask setattr shuffle".split()
)
BUILTINS = frozenset(dir(builtins))
RANDOM = "rng"  # by custom: who is given a generator draws from it,
DATA = frozenset(["X", "y"])  # and the library leaves the data that it is given as they are
NONE = frozenset()


@dataclass(frozen=True)
class Value:
    """What an expression may stand for.

    ``own`` are the objects that it may be or share memory with, ``held`` those that they may hold.
    """

    own: frozenset = NONE
    held: frozenset = NONE
    functions: frozenset = NONE  # that it may be, or hold
    origin: str = ""  # what was imported: "numpy", "nnlib.train.train"
    cells: frozenset = NONE  # of a name: that may have bound it

    def __or__(self, other: "Value") -> "Value":
        return Value(
            self.own | other.own,
            self.held | other.held,
            self.functions | other.functions,
            self.origin or other.origin,
            self.cells | other.cells,
        )

    @property
    def all(self) -> frozenset:
        return self.own | self.held

    def part(self) -> "Value":
        """An item or attribute of it: perhaps a view, perhaps something that it holds."""
        return Value(self.all, self.held, self.functions)

    def inside(self) -> "Value":
        """As an item of a new container."""
        return Value(NONE, self.all, self.functions)


NOTHING = Value()


def union(values: Iterable[Value]) -> Value:
    result = NOTHING
    for value in values:
        result |= value
    return result


@dataclass(frozen=True)
class Effects:
    """What a call does. Objects are ("own" or "held", name of an argument or of a global)."""

    parameters: tuple[str, ...] = ()
    free: frozenset = NONE  # global names that it looks up
    changed: frozenset = NONE
    returned: Value = NOTHING


@dataclass(frozen=True, eq=False)
class Function:
    """A function, lambda or class, and the code that it stands in."""

    node: ast.AST
    home: "Flow"

    def effects(self) -> Effects:
        known = self.home.known
        if self not in known:
            known[self] = Effects()  # as far as it calls itself
            known[self] = self._read()
        return known[self]

    def root(self) -> "Flow":
        return self.home.root()

    def _read(self) -> Effects:
        body, parameters = Flow(self.home), ()
        if not isinstance(self.node, ast.ClassDef):
            parameters = _parameters(self.node.args)
            body.names = {name: _unknown(name) for name in parameters}
            body.change(_unknown(RANDOM).own if RANDOM in parameters else ())
        if isinstance(self.node, ast.Lambda):
            body.returned = body.visit(self.node.body)
        else:
            body.walk(self.node.body)
        if isinstance(self.node, ast.ClassDef):
            return self._constructor(body)
        return Effects(parameters, *body.outcome(), body.returned)

    def _constructor(self, body: "Flow") -> Effects:
        """Making an object: its ``__init__``; and whoever has the object may call all methods."""
        init = body.names.get("__init__", NOTHING).functions
        made = next(iter(init)).effects() if init else Effects()
        free, changed = body.outcome()
        changed |= {o for o in made.changed if o[1] in made.parameters[1:]}
        return Effects(made.parameters[1:], free, changed, Value(functions=frozenset([self])))


def _parameters(arguments: ast.arguments) -> tuple[str, ...]:
    a = arguments
    given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    return tuple(argument.arg for argument in given)


def _side_by_side(target: ast.expr, value: ast.expr) -> bool:
    """Whether it is ``a, b = c, d``: each name gets a value of its own."""
    sides = (target, value)
    return (
        all(isinstance(side, ast.Tuple) for side in sides)
        and len(target.elts) == len(value.elts)
        and not any(isinstance(part, ast.Starred) for side in sides for part in side.elts)
    )


def _unknown(name: str) -> Value:
    return Value(frozenset([("own", name)]), frozenset([("held", name)]))


class Flow(ast.NodeVisitor):
    """Walk through code in the order in which it runs; expressions give a `Value`.

    A branch may be taken or not, a loop may run or not; what they bind is then one possibility
    more. Names that are bound nowhere in a function are looked up in its home.
    """

    def __init__(self, home: "Flow | None" = None, package: str = ""):
        self.home, self.package = home, package
        self.names: dict[str, Value] = {}
        self.known: dict[Function, Effects] = {}
        self.free, self.changed, self.returned = set(), set(), NOTHING

    def outcome(self) -> tuple[frozenset, frozenset]:
        """The names that it looks up elsewhere, and what it changes of others' objects."""
        kept = DATA if self.root().package else NONE
        changed = (o for o in self.changed if o[0] in ("own", "held") and o[1] not in kept)
        return frozenset(self.free), frozenset(changed)

    def root(self) -> "Flow":
        return self.home.root() if self.home else self

    def walk(self, statements: list[ast.stmt]):
        for statement in statements:
            self.visit(statement)

    # names

    def read(self, name: str) -> Value:
        """The value of a name; reading a function is taken for calling it, sooner or later."""
        value = self.names.get(name)
        if value is None:
            if name in BUILTINS and not self.look(name).cells:
                return Value(origin=f"builtins.{name}")
            if self.home is None:
                return NOTHING
            self.free.add(name)
            known = self.home.look(name)
            return replace(_unknown(name), functions=known.functions, origin=known.origin)
        self.would_call(value)
        return value

    def look(self, name: str) -> Value:
        """The value of a name, without using it."""
        found = self.names.get(name)
        return found or (self.home.look(name) if self.home else NOTHING)

    def would_call(self, value: Value):
        for function in value.functions:
            if function.home is self:
                self.free |= {n for n in function.effects().free if n not in self.names}
                self.change_named(function, {})

    def change(self, objects: Iterable):
        self.changed |= set(objects)

    def change_named(self, function: Function, given: dict[str, Value]):
        """Change what a function changes: of its arguments, and of the names around it."""
        effects = function.effects()
        for which, name in effects.changed:
            if name in given:
                self.change(getattr(given[name], which))
            elif name not in effects.parameters and function.root() is self.root():
                self.change(getattr(self.object_of(name), which))

    def object_of(self, name: str) -> Value:
        return self.names.get(name) or (_unknown(name) if self.home else NOTHING)

    def fresh(self) -> frozenset:
        return frozenset([("new", object())])

    def bind(self, name: str, value: Value):
        self.names[name] = value

    def assign(self, target: ast.expr, value: Value):
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self.assign(part, value.part())
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        else:
            self.visit(target)
            self.change(self.visit(target.value).own)
            self.keep(target.value, value)

    def keep(self, holder: ast.expr, value: Value):
        """What the holder's name stands for holds this value, too, under every name it has."""
        while isinstance(holder, ast.Attribute | ast.Subscript):
            holder = holder.value
        known = self.names.get(getattr(holder, "id", None), NOTHING)
        if known.own and ("own", holder.id) not in known.own:  # no parameter
            same = [name for name, other in self.names.items() if other.all & known.own]
            self.names |= {name: self.names[name] | value.inside() for name in same}

    # expressions

    def generic_visit(self, node: ast.AST) -> Value:
        parts = [self.visit(child) for child in ast.iter_child_nodes(node)]
        return union(part for part in parts if part is not None)

    def visit_Name(self, node):
        return replace(self.read(node.id), cells=NONE)

    def new(self, node) -> Value:
        self.generic_visit(node)
        return NOTHING

    visit_UnaryOp = visit_Compare = visit_JoinedStr = visit_Constant = new

    def visit_BinOp(self, node):
        """Something new, which holds what both hold if they are lists."""
        both = self.visit(node.left) | self.visit(node.right)
        return Value(NONE, both.held, both.functions)

    def container(self, node) -> Value:
        return self.generic_visit(node).inside() | Value(self.fresh())

    visit_List = visit_Tuple = visit_Dict = visit_Set = container

    def visit_Attribute(self, node):
        value = self.visit(node.value)
        if value.origin:
            return Value(origin=f"{value.origin}.{node.attr}")
        return NOTHING if node.attr in FACTS else value.part()

    def visit_Subscript(self, node):
        self.visit(node.slice)
        return self.visit(node.value).part()

    def visit_NamedExpr(self, node):
        value = self.visit(node.value)
        self.assign(node.target, value)
        return value

    def comprehension(self, node) -> Value:
        before = dict(self.names)
        for loop in node.generators:
            self.assign(loop.target, self.visit(loop.iter).part())
            for test in loop.ifs:
                self.visit(test)
        made = [self.visit(getattr(node, f)) for f in ("key", "value", "elt") if hasattr(node, f)]
        self.names = before
        return union(made).inside() | Value(self.fresh())

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension

    def visit_Lambda(self, node):
        self.generic_visit(node.args)
        made = self.defined(node)
        self.would_call(made)
        return made

    def visit_Call(self, node):
        callee = self.visit(node.func)
        values = [self.visit(argument) for argument in node.args]
        named = {keyword.arg: self.visit(keyword.value) for keyword in node.keywords}
        starred = any(isinstance(a, ast.Starred) for a in node.args) or None in named
        everything = union([*values, *named.values()])
        self.change(named.get("out", NOTHING).own)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in IN_PLACE and values:
            self.change(values[0].own)
        shared = replace(everything, origin="")
        functions = callee.functions
        if callee.origin:
            functions = functions | imported(callee.origin).functions
        elif not functions or isinstance(node.func, ast.Attribute):
            holder = callee
            if isinstance(node.func, ast.Attribute):
                holder = self.visit(node.func.value)
                if name in COMPUTES:
                    return NOTHING
                if name in LOOKS:
                    return holder.inside() if name == "copy" else holder.part() | shared
                if name in FILLS:
                    self.change(holder.own)
                    self.keep(node.func.value, everything)
                    return holder.part()
            functions = methods(name if holder is not callee else "__call__")
            values = [holder, *values]
            if not functions:
                self.change(holder.all)
            shared |= holder.part()
        if not functions:
            return shared | Value(self.fresh())
        result = Value(self.fresh())
        for function in functions:
            effects = function.effects()
            given = self.given(effects.parameters, values, named, starred)
            self.change_named(function, given)
            result |= self.result(effects, given, shared)
        return result

    def given(self, names, values, named, starred) -> dict[str, Value]:
        """The value of each parameter; those that no argument is seen for may get any other."""
        if starred:
            return dict.fromkeys(names, union([*values, *named.values()]))
        found = dict(zip(names, values, strict=False))
        found |= {name: value for name, value in named.items() if name in names}
        others = [*values[len(names) :], *(v for n, v in named.items() if n not in names)]
        return dict.fromkeys(names, union(others)) | found

    def result(self, effects: Effects, given, shared: Value) -> Value:
        returned = effects.returned
        if any(isinstance(f.node, ast.ClassDef) for f in returned.functions):
            return shared.inside() | replace(returned, own=NONE, held=NONE)
        parts = {"own": set(), "held": set()}
        for kind, objects in (("own", returned.own), ("held", returned.held)):
            for thing in objects:
                if thing[0] in parts:
                    value = given.get(thing[1]) or self.look(thing[1])
                    parts[kind] |= getattr(value, thing[0])
        return Value(frozenset(parts["own"]), frozenset(parts["held"]), returned.functions)

    # statements

    def visit_Return(self, node):
        if node.value:
            self.returned |= replace(self.visit(node.value), origin="")

    visit_Yield = visit_YieldFrom = visit_Return

    def visit_Assign(self, node):
        pairs = [(node.targets, node.value)]
        if len(node.targets) == 1 and _side_by_side(node.targets[0], node.value):
            pairs = [([t], v) for t, v in zip(node.targets[0].elts, node.value.elts, strict=True)]
        values = [self.visit(value) for _, value in pairs]
        for (targets, _), value in zip(pairs, values, strict=True):
            for target in targets:
                known = value.own or value.origin
                self.assign(target, value if known else value | Value(self.fresh()))

    def visit_AnnAssign(self, node):
        if node.value:
            self.assign(node.target, self.visit(node.value) | Value(self.fresh()))

    def visit_AugAssign(self, node):
        added = self.visit(node.value)
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        old = self.visit(target)
        self.change(old.own)
        if isinstance(target, ast.Name):
            self.keep(target, added)
            self.bind(target.id, old | added.inside() | Value(self.fresh()))
        else:
            self.assign(node.target, added)

    def visit_Delete(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.names.pop(target.id, None)
            else:
                self.change(self.visit(target.value).own)

    def visit_FunctionDef(self, node):
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.generic_visit(node.args)
        self.define(node)

    def visit_ClassDef(self, node):
        for part in (*node.decorator_list, *node.bases):
            self.visit(part)
        self.define(node)

    def define(self, node):
        made = self.defined(node)
        self.bind(node.name, made)
        self.would_call(made)

    def defined(self, node) -> Value:
        return Value(functions=frozenset([Function(node, self)]))

    def visit_Import(self, node):
        for alias in node.names:
            first = alias.name.split(".")[0]
            self.bind(alias.asname or first, Value(origin=alias.name if alias.asname else first))

    def visit_ImportFrom(self, node):
        above = self.package.split(".")[: len(self.package.split(".")) - node.level + 1]
        module = [*(above if node.level else ()), *([node.module] if node.module else ())]
        for alias in node.names:
            self.bind(alias.asname or alias.name, Value(origin=".".join([*module, alias.name])))

    def branches(self, *ways: list[ast.stmt]):
        """One of these ways is gone: a name is what it is after any of them."""
        before, after = self.names, []
        for way in ways:
            self.names = dict(before)
            self.walk(way)
            after.append(self.names)
        everywhere = {name for names in after for name in names}
        self.names = {n: union(names[n] for names in after if n in names) for n in everywhere}

    def visit_If(self, node):
        self.visit(node.test)
        self.branches(node.body, node.orelse)

    def visit_For(self, node):
        items, before = self.visit(node.iter).part(), dict(self.names)
        for _ in range(2):  # what a round leaves behind, the next one meets
            self.assign(node.target, items)
            self.walk(node.body)
        self.names = {name: value | before.get(name, value) for name, value in self.names.items()}
        self.walk(node.orelse)

    def visit_While(self, node):
        self.visit(node.test)
        self.branches([*node.body, *node.body], [])
        self.walk(node.orelse)

    def visit_Try(self, node):
        self.branches(node.body, [])  # it may fail before it has bound anything
        self.branches(node.orelse, *(handler.body for handler in node.handlers))
        self.walk(node.finalbody)

    def visit_With(self, node):
        for item in node.items:
            value = self.visit(item.context_expr)
            if item.optional_vars:
                self.assign(item.optional_vars, value | Value(self.fresh()))
        self.walk(node.body)


@cache
def module(name: str) -> Flow | None:
    """One of the book's modules, read; None if there is none of that name."""
    path = ROOT.joinpath(*name.split("."))
    for file, package in ((path / "__init__.py", name), (path.with_suffix(".py"), name)):
        if file.is_file():
            flow = Flow(package=package if file.stem == "__init__" else name.rpartition(".")[0])
            for statement in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                    flow.bind(statement.name, flow.defined(statement))
                elif isinstance(statement, ast.Import | ast.ImportFrom):
                    flow.visit(statement)
            return flow
    return None


@cache
def imported(origin: str) -> Value:
    """What a full name means, if it stands in one of the book's modules."""
    if not origin.startswith(BOOK):
        return NOTHING
    place, _, name = origin.rpartition(".")
    flow = module(place) if place else None
    if flow is None:
        return NOTHING
    value = flow.names.get(name, NOTHING)
    return imported(value.origin) if value.origin else value


@cache
def methods(name: str) -> frozenset:
    """The methods of that name of all the book's classes: an object's class isn't known."""
    found = set()
    for node, flow in classes():
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and part.name == name:
                found.add(Function(part, flow))
            elif isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == name:
                if isinstance(part.value, ast.Name):  # __call__ = forward
                    found |= methods(part.value.id)
    return frozenset(found)


@cache
def classes() -> list[tuple[ast.ClassDef, Flow]]:
    files = (file for package in BOOK for file in sorted((ROOT / package).rglob("*.py")))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return [
        (function.node, flow)
        for flow in filter(None, map(module, names))
        for value in flow.names.values()
        for function in value.functions
        if isinstance(function.node, ast.ClassDef)
    ]
