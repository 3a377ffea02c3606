"""Which earlier cells a cell needs: what it reads, who bound that last, and who changed it since.

A slice is found in one walk through the notebook. For each name we know which cells may have bound
it, and for each object which cells may have changed it (`effects` says how). A cell needs those of
the names that it reads, and of the names that the functions among them look up: as they are when
they are called, not when they are defined. What those cells need, it needs as well.

Two kinds of cells are special. A call that is given no variable and whose result nobody takes, such
as ``plots.use_style()``, acts on the world: all later cells need it. A solution binds the names of
its exercise again: only names that no other cell has bound are taken from it.
"""

import ast
from collections import defaultdict

from .effects import Flow, Value

WORLD = "world"


def slices(sources: list[str], solutions: set[int] = frozenset()) -> list[list[int]]:
    """For each cell the earlier cells to run before it, in order.

    Parameters
    ----------
    sources : list of str
        A notebook's code cells.
    solutions : set of int
        Which of them are solutions of an exercise.
    """
    notebook, found = Notebook(), []
    for number, source in enumerate(sources):
        needs = notebook.needs_of(number, ast.parse(source).body, number in solutions)
        found.append(needs.union(*(found[earlier] for earlier in needs)))
    return [sorted(needs) for needs in found]


class Notebook(Flow):
    """The state between two cells."""

    def __init__(self):
        super().__init__()
        self.changers = defaultdict(set)  # of each object

    def needs_of(self, cell: int, body: list[ast.stmt], solution: bool) -> set[int]:
        """Walk through one cell more; the cells that it needs itself."""
        self.cell, self.solution = cell, solution
        self.known.clear()  # a function may call another one now
        self.needs = set(self.changers[WORLD])
        before = dict(self.names)
        self.walk(body)
        if solution:
            self.names |= before
        return self.needs - {cell}

    def read(self, name: str) -> Value:
        self.use(name, set())
        return self.names.get(name) or super().read(name)

    def use(self, name: str, seen: set[str]):
        """Need what this name stands for, and what functions that it stands for look up."""
        value = self.names.get(name)
        if value is None or name in seen:
            return
        seen.add(name)
        self.needs |= value.cells
        self.needs.update(*(self.changers[thing] for thing in value.all))
        self.call_sometime(value, seen)

    def call_sometime(self, value: Value, seen: set[str]):
        for function in value.functions:
            if function.root() is self:
                for name in function.effects().free:
                    self.use(name, seen)
                self.change_named(function, {})

    def would_call(self, value: Value):
        self.call_sometime(value, set())

    def change(self, objects):
        if not self.solution:
            for thing in objects:
                self.changers[thing].add(self.cell)

    def bind(self, name: str, value: Value):
        super().bind(
            name,
            Value(value.own, value.held, value.functions, value.origin, frozenset([self.cell])),
        )

    def visit_Expr(self, node):
        self.visit(node.value)
        if isinstance(node.value, ast.Call) and self.acts_on_the_world(node.value):
            self.change([WORLD])

    def acts_on_the_world(self, call: ast.Call) -> bool:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        origin = self.visit(call.func).origin
        known = origin and not origin.startswith("builtins")
        return bool(known) and all(isinstance(a, ast.Constant) for a in arguments)
