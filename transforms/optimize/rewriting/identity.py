"""
Identities of scalars: rules that are their equations.

    CANCEL = identity("cancel-negations", "-(-x) => x", exactness="bitwise", source="...")

An equation is `before => after` or `before => after if condition`. One that `reassociates` does
not apply to what is rounded to integers. Both sides are written as in
Python: names are any values, the same name twice the same value; numbers are constants; `+ - * /
** & | ^`, `select` and the names of `FLOAT_FUNCTIONS` are operations. An equation with an integer
(`True` and `False` are those of `i1`) or with `& | ^` is about integers, any other about floats.
`(r := 1.0 / y)` names a part. Conditions, joined by `and`, are about names: `once(r)` asks that
nothing else reads it, `never_negative(x)` that it has no sign whatever the inputs are, and
`wide(x)` that it has 32 bits or more.

A constant matches its own number of its own kind, and zero only the zero of its sign. A part of
`after` that stands in `before` is the value that is there already.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import copysign, inf

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f32, f64, i1
from xdsl.ir import Attribute, Operation, SSAValue

from .ranges import is_never_negative
from .rewrite import Match, NoMatch, Rewrite, has_one_use, producer_of
from .scalar_code import number_of

Kind = type[Operation]

FLOAT_OPERATORS: dict[type[ast.AST], Kind] = {
    ast.Add: arith.AddfOp,
    ast.Sub: arith.SubfOp,
    ast.Mult: arith.MulfOp,
    ast.Div: arith.DivfOp,
    ast.Pow: math.PowFOp,
    ast.USub: arith.NegfOp,
}
INTEGER_OPERATORS: dict[type[ast.AST], Kind] = {
    ast.Add: arith.AddiOp,
    ast.Sub: arith.SubiOp,
    ast.Mult: arith.MuliOp,
    ast.BitAnd: arith.AndIOp,
    ast.BitOr: arith.OrIOp,
    ast.BitXor: arith.XOrIOp,
}
FLOAT_FUNCTIONS: dict[str, Kind] = {
    "abs": math.AbsFOp,
    "ceil": math.CeilOp,
    "erf": math.ErfOp,
    "exp": math.ExpOp,
    "floor": math.FloorOp,
    "log": math.LogOp,
    "log1p": math.Log1pOp,
    "max": arith.MaximumfOp,
    "min": arith.MinimumfOp,
    "round": math.RoundEvenOp,
    "select": arith.SelectOp,
    "sqrt": math.SqrtOp,
    "tanh": math.TanhOp,
    "trunc": math.TruncOp,
}
INTEGER_FUNCTIONS: dict[str, Kind] = {
    "max": arith.MaxSIOp,
    "min": arith.MinSIOp,
    "select": arith.SelectOp,
}


CONDITIONS: dict[str, Callable[[SSAValue], bool]] = {
    "never_negative": is_never_negative,
    "once": has_one_use,
    "wide": lambda value: value.type in (f32, f64),
}
"""What an equation may ask of the values that its names stand for."""


@dataclass(frozen=True)
class Term:
    """A side of an equation, or a part of one: an operation, a name or a number."""

    kind: Kind | None = None
    parts: tuple[Term, ...] = ()
    name: str = ""
    number: float | int | None = None
    sign: float = 1.0
    """Tells the zeros apart, which are equal."""

    @property
    def computed_by(self) -> Kind | None:
        """The class of operation that computes it; None for a name."""
        return self.kind if self.number is None else arith.ConstantOp


@dataclass(frozen=True)
class Equation:
    """`before => after if condition(name) and ...`."""

    text: str
    before: Term
    after: Term
    conditions: tuple[tuple[str, str], ...]
    """A name of `CONDITIONS`, and what it is asked of."""

    def may_match(self, op: Operation) -> bool:
        """Whether operations compute those operands that must be: most attempts end here."""
        for part, operand in zip(self.before.parts, op.operands, strict=False):
            wanted = part.computed_by
            if wanted is not None and not isinstance(operand.owner, wanted):
                return False
        return True

    @property
    def needed(self) -> Kind | None:
        """A class that must compute an operand, the one that is the rarer; None where any may."""
        kinds = [k for part in self.before.parts if (k := part.computed_by) is not None]
        rare = [k for k in kinds if k is not arith.ConstantOp]
        return next(iter(rare or kinds), None)


@dataclass
class _Bindings:
    """What the names and parts of an equation stand for in the program."""

    names: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])
    terms: dict[Term, SSAValue] = field(default_factory=dict[Term, SSAValue])

    def match(self, term: Term, value: SSAValue) -> bool:
        """Whether a value is what the term says."""
        if term.number is not None:
            return _is_number(value, term.number, term.sign)
        if term.kind is not None:
            op = producer_of(value, term.kind)
            if op is None or not self.match_parts(term, op):
                return False
            self.terms[_bare(term)] = value
            if not term.name:
                return True
        return self.names.setdefault(term.name, value) is value

    def match_parts(self, term: Term, op: Operation) -> bool:
        """Whether the operands of an operation are what the parts of the term say."""
        return len(term.parts) == len(op.operands) and all(
            self.match(part, operand) for part, operand in zip(term.parts, op.operands, strict=True)
        )

    def build(self, term: Term, m: Match, type_: Attribute) -> SSAValue:
        """The value of a term, building what is not there yet."""
        if term.number is not None:
            return m.scalar(term.number, type_)
        if term.kind is None:
            return self.names[term.name]
        found = self.terms.get(term)
        if found is None:
            operands = [self.build(part, m, type_) for part in term.parts]
            found = m.insert(term.kind(*operands)).results[0]
            self.terms[term] = found
        return found


def identity(
    name: str,
    *equations: str,
    exactness: str,
    source: str,
    group: str = "simplify",
    reassociates: bool = False,
    rows: tuple[str, ...] = (),
    evidence: str = "generated",
) -> Rewrite:
    """
    A rule that is one or more equations, tried in order; `rows` and `evidence` as of `rewrite`.

    Raises:
        ValueError: for an equation that cannot be read, naming it.
    """
    table: dict[Kind, list[Equation]] = {}
    for text in equations:
        equation = read_equation(text)
        assert equation.before.kind is not None
        table.setdefault(equation.before.kind, []).append(equation)

    after = dict.fromkeys(e.needed for found in table.values() for e in found)
    clauses = {
        kind: "it is " + " or ".join(e.text.partition(" => ")[0] for e in found)
        for kind, found in table.items()
    }

    def body(op: Operation, m: Match) -> Sequence[SSAValue]:
        for equation in table[type(op)]:
            if not equation.may_match(op):
                continue
            bindings = _Bindings()
            if not bindings.match_parts(equation.before, op):
                continue
            if all(CONDITIONS[ask](bindings.names[part]) for ask, part in equation.conditions):
                if reassociates:
                    m.may_move(op.results[0])
                return [bindings.build(equation.after, m, op.results[0].type)]
        raise NoMatch(clauses[type(op)])

    condition = ", if the result is not rounded to integers" if reassociates else ""
    stated = ", ".join(equations) + f"{condition}."
    return Rewrite(
        name,
        tuple(table),
        stated,
        group,
        exactness,
        source,
        body,
        rows=rows,
        evidence=evidence,
        after=() if None in after else tuple(k for k in after if k is not None),
    )


def read_equation(text: str) -> Equation:
    """
    An equation from its text.

    Raises:
        ValueError: saying what in it cannot be read.
    """
    before, arrow, rest = text.partition(" => ")
    after, _, condition = rest.partition(" if ")
    if not arrow:
        raise ValueError(f"'{text}': an equation reads 'before => after'")
    try:
        trees = [ast.parse(side.strip(), mode="eval").body for side in (before, after)]
        asked = ast.parse(condition.strip(), mode="eval").body if condition else None
    except SyntaxError as error:
        raise ValueError(f"'{text}': {error.msg}") from error
    # An exponent or a factor tells whether the whole is about integers.
    integers = any(
        (isinstance(node, ast.Constant) and isinstance(node.value, int))
        or isinstance(node, ast.BitAnd | ast.BitOr | ast.BitXor)
        for tree in trees
        for node in ast.walk(tree)
    )
    left, right = (_term(tree, integers, text) for tree in trees)
    if left.kind is None:
        raise ValueError(f"'{text}': what is replaced must be an operation")
    bound = _names(left)
    if unbound := _names(right) - bound:
        raise ValueError(f"'{text}': {', '.join(sorted(unbound))} stands on the right only")
    conditions = () if asked is None else tuple(_conditions(asked, text))
    if unknown := {name for _, name in conditions} - bound:
        raise ValueError(f"'{text}': there is no part {', '.join(sorted(unknown))}")
    return Equation(text, left, right, conditions)


def _conditions(tree: ast.expr, text: str) -> Iterator[tuple[str, str]]:
    match tree:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                yield from _conditions(part, text)
        case ast.Call(func=ast.Name(id=ask), args=[ast.Name(id=name)], keywords=[]) if (
            ask in CONDITIONS
        ):
            yield ask, name
        case _:
            known = ", ".join(f"{ask}(name)" for ask in CONDITIONS)
            raise ValueError(f"'{text}': a condition reads {known}")


def _term(tree: ast.expr, integers: bool, text: str) -> Term:
    operators = INTEGER_OPERATORS if integers else FLOAT_OPERATORS
    functions = INTEGER_FUNCTIONS if integers else FLOAT_FUNCTIONS
    number = _literal(tree)
    if number is not None:
        return Term(number=number, sign=copysign(1, number))
    match tree:
        case ast.Name(id=name):
            return Term(name=name)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            part = _term(value, integers, text)
            return Term(part.kind, part.parts, name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in operators:
            return Term(operators[type(op)], (_term(operand, integers, text),))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in operators:
            parts = (_term(left, integers, text), _term(right, integers, text))
            return Term(operators[type(op)], parts)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in functions:
            return Term(functions[name], tuple(_term(arg, integers, text) for arg in args))
        case _:
            what = "integers" if integers else "floats"
            raise ValueError(f"'{text}': '{ast.unparse(tree)}' is not an operation on {what}")


def _literal(tree: ast.expr) -> float | int | None:
    match tree:
        case ast.Constant(value=bool() | int() | float() as number):
            return number
        case ast.Name(id="inf"):
            return inf
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _literal(operand)
            return None if number is None else -number
        case _:
            return None


def _names(term: Term) -> set[str]:
    own = {term.name} if term.name else set[str]()
    return own.union(*(_names(part) for part in term.parts))


def _bare(term: Term) -> Term:
    """The term as the other side of the equation writes it, without a name for itself."""
    return Term(term.kind, term.parts)


def _is_number(value: SSAValue, wanted: float, sign: float) -> bool:
    found = number_of(value)
    if found is None or (isinstance(wanted, bool) and value.type != i1):
        return False
    if isinstance(value.type, IntegerType):
        # Integers may be written with or without their sign: all bits count.
        return (found - wanted) % (1 << value.type.width.data) == 0
    if not isinstance(wanted, float):
        return False
    return found == wanted and (wanted != 0.0 or copysign(1, found) == sign)
