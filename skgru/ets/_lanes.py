"""Four columns of the sensitivities at a time, as vector instructions.

A loop over columns would be checked for overlap of what it reads and writes at every step of a
series, which costs as much as the step. No lane reads what another one writes.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

LANES = 4
_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_FLAGS = ("contract", "reassoc", "nsz", "arcp")


class _Block:
    """Writes the instructions for LANES columns."""

    def __init__(self, context, builder, signature, arguments, n_arrays):
        self.builder = builder
        self.data = [
            context.make_array(type_)(context, builder, array).data
            for type_, array in zip(signature.args[:n_arrays], arguments)
        ]

    def _place(self, array, index):
        address = self.builder.gep(self.data[array], [index])
        return self.builder.bitcast(address, _DOUBLES.as_pointer())

    def load(self, array, index):
        return self.builder.load(self._place(array, index), align=8)

    def store(self, value, array, index):
        self.builder.store(value, self._place(array, index), align=8)

    def spread(self, scalar):
        """The scalar in each lane."""
        empty = ir.Constant(_DOUBLES, ir.Undefined)
        first = ir.Constant(ir.IntType(32), 0)
        one = self.builder.insert_element(empty, scalar, first)
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return self.builder.shuffle_vector(one, empty, zeros)

    def total(self, *products):
        """Sum of products of pairs."""
        value = None
        for a, b in products:
            product = self.builder.fmul(a, b, flags=_FLAGS)
            value = product if value is None else self.builder.fadd(value, product, flags=_FLAGS)
        return value


def _move(block, places, factors, own=None):
    """Instructions of one step; `own`: what the smoothing parameters of these columns add."""
    dl, db, ds = (block.load(0, place) for place in places[:3])
    weight, a1, a2, a3, f1, f2, u2, alpha, b1, b2, s1, s2 = map(block.spread, factors)
    forecast, level, slope, season = own or ([], [], [], [])
    dq = block.total((a1, dl), (a2, db), *forecast)
    du = block.builder.fsub(block.total((u2, ds)), dq, flags=_FLAGS)
    one = block.spread(ir.Constant(ir.DoubleType(), 1.0))
    block.store(block.total((weight, block.total((f1, dq), (f2, ds)))), 1, places[3])
    block.store(block.total((one, dq), (alpha, du), *level), 0, places[0])
    block.store(block.total((a3, db), (b1, du), (b2, dl), *slope), 0, places[1])
    block.store(block.total((s1, ds), (s2, dq), *season), 0, places[2])


@intrinsic
def move_lanes(
    typing, w, rows, k, kb, ks, ko, weight, a1, a2, a3, f1, f2, u2, alpha, b1, b2, s1, s2
):
    """One step of level (at k), slope (kb) and season (ks); a part of the Jacobian's row (ko)."""

    def generate(context, builder, signature, arguments):
        _move(_Block(context, builder, signature, arguments, 2), arguments[2:6], arguments[6:])
        return context.get_dummy_value()

    return types.void(w, rows, *[types.int64] * 4, *[types.float64] * 12), generate


@intrinsic
def move_own_lanes(
    typing, w, rows, k, kb, ks, ko, weight, a1, a2, a3, f1, f2, u2, alpha, b1, b2, s1, s2, own,
    width, by_alpha, by_beta, by_gamma, by_phi, extra,
):  # fmt: skip
    """The same for columns of smoothing parameters, whose unit vectors begin at `own`.

    Single numbers added behind vectors would be waited for by the next step, which reads them
    together with their neighbours.
    """

    def generate(context, builder, signature, arguments):
        block = _Block(context, builder, signature, arguments, 2)
        place, width = arguments[18:20]
        units = []
        for _ in range(4):
            units.append(block.load(0, place))
            place = builder.add(place, width)
        by_alpha, by_beta, by_gamma, by_phi, extra = map(block.spread, arguments[20:])
        added = (
            [(by_phi, units[3])],
            [(by_alpha, units[0])],
            [(by_beta, units[1]), (extra, units[3])],
            [(by_gamma, units[2])],
        )
        _move(block, arguments[2:6], arguments[6:18], added)
        return context.get_dummy_value()

    integers, numbers = types.int64, types.float64
    return types.void(
        w, rows, *[integers] * 4, *[numbers] * 12, *[integers] * 2, *[numbers] * 5
    ), generate
