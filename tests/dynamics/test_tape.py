"""The interpreter against CasADi's own evaluation of the same graph."""

import casadi as ca
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics.engine import interpreter
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import FUNCTIONS
from dynamics.engine.tape import OPCODES, compile_tape, symmetric_eigen

x, p = ca.SX.sym("x", 3), ca.SX.sym("p", 2)
ONE = [ca.sqrt, ca.exp, ca.log, ca.sin, ca.cos, ca.tan, ca.asin, ca.acos, ca.atan, ca.sinh, ca.cosh, ca.tanh, ca.fabs, ca.sign,
       ca.floor, ca.log1p, ca.expm1, lambda u: 1 / u, lambda u: u * u, lambda u: u + u, lambda u: -u,
       lambda u: ca.logic_not(u > 0.5)]  # fmt: skip
TWO = [ca.atan2, ca.fmin, ca.fmax, ca.power, ca.hypot, ca.copysign, lambda u, v: u < v, lambda u, v: u <= v, lambda u, v: u == v,
       lambda u, v: u != v, lambda u, v: ca.logic_and(u > 0.3, v > 0.3), lambda u, v: ca.logic_or(u > 0.9, v > 0.9),
       lambda u, v: ca.if_else(u > v, u, 0), lambda u, v: u - v, lambda u, v: u / v]  # fmt: skip


def agree(outputs, parameters=(0.5, 2.0)):
    points = np.random.default_rng(0).uniform(0.05, 0.95, (700, 3))
    points[0] = 0.5
    got = evaluate_tape(compile_tape([x], p, outputs), points, parameters)
    oracle = ca.Function("oracle", [x, p], [ca.vertcat(*map(ca.vec, outputs))]).map(len(points))
    expected = np.array(oracle(points.T, np.tile(np.reshape(parameters, (-1, 1)), len(points)))).T
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("function", ONE)
def test_one_operand(function):
    agree([function(x[0]), function(p[0]) + x[1], function(x[1] * p[0])])


@pytest.mark.parametrize("function", TWO)
def test_two_operands(function):
    agree([function(x[0], x[1]), function(p[0], x[2]), function(x[2], p[0]), function(p[0], p[1]) * x[0]])


def test_every_opcode_is_tested_above():
    tested = set()
    for output in [f(x[0]) for f in ONE] + [f(x[0], x[1]) for f in TWO] + [x[0] + x[1], x[0] * x[1]]:
        tested |= set(compile_tape([x], p, [output, x[2]]).body[:, 0].tolist())
    assert set(OPCODES.values()) <= tested, {code for code in OPCODES.values() if code not in tested}


def test_outputs_that_are_inputs_constants_or_repeated():
    agree([x[1], x[0], ca.SX(3.0), p[1], x[0] * x[1], x[0] * x[1], ca.SX(0.0)])


def test_a_result_is_never_written_over_its_operands():
    eigenvalues, vectors, solved = symmetric_eigen(ca.SX([[2, 1, 0], [1, 3, 1], [0, 1, 4]]) * x[0] + x @ x.T)
    tape = compile_tape([x], p, [ca.sin(eigenvalues) + x, vectors @ vectors.T @ eigenvalues, ca.vec(vectors)], solved)
    simple = tape.body[tape.body[:, 0] != interpreter.EIGEN]
    assert len(simple) < len(tape.body)
    assert not (simple[:, 1:2] == simple[:, 2:]).any()


def test_an_eigenproblem_may_use_the_one_before_and_nothing_else_is_put_off_or_lost():
    first = symmetric_eigen(ca.SX([[2, 1, 0], [1, 3, 1], [0, 1, 4]]) * x[0] + x @ x.T)
    moved = x + first[1] @ (first[0] * (first[1].T @ x)) / 10
    second = symmetric_eigen(moved @ moved.T + ca.diag(first[0]))
    outputs = [second[0], first[0], x[1] * p[0], ca.sin(first[0][0]) * p[1], ca.vec(second[1] @ ca.diag(second[0]) @ second[1].T)]
    tape = compile_tape([x], p, outputs, (*first[2], *second[2]))
    points, parameters = np.random.default_rng(0).uniform(0.1, 0.9, (300, 3)), (0.5, 2.0)
    found = evaluate_tape(tape, points, parameters)
    for point, got in zip(points, found, strict=True):
        a = np.array([[2, 1, 0], [1, 3, 1], [0, 1, 4]]) * point[0] + np.outer(point, point)
        values = np.linalg.eigvalsh(a)[::-1]
        there = point + a @ point / 10
        b = np.outer(there, there) + np.diag(values)
        expected = [*np.linalg.eigvalsh(b)[::-1], *values, point[1] / 2, 2 * np.sin(values[0]), *b.ravel()]
        np.testing.assert_allclose(got, expected, atol=1e-12)


def test_what_becomes_of_a_matrix_does_not_depend_on_its_neighbours():
    entries = ca.SX.sym("m", 16)
    matrix = ca.reshape(entries, 4, 4)
    eigenvalues, vectors, solved = symmetric_eigen((matrix + matrix.T) / 2)
    tape = compile_tape([entries], ca.SX(0, 1), [eigenvalues, ca.vec(vectors)], solved)
    matrices = np.random.default_rng(5).normal(size=(100, 16)) * np.logspace(-12, 6, 100)[:, None]
    matrices[::7] = np.eye(4).ravel()
    matrices[3] = np.nan
    together = evaluate_tape(tape, matrices, ())
    alone = np.array([evaluate_tape(tape, row[None], ())[0] for row in matrices])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    ("formula", "opcode"),
    [
        (x[0] * x[1] + x[2], interpreter.MULTIPLY_ADD),
        (x[2] + x[0] * x[0], interpreter.MULTIPLY_ADD),
        (x[0] * x[1] - x[2], interpreter.MULTIPLY_SUBTRACT),
        (x[2] - x[0] * x[1], interpreter.SUBTRACT_PRODUCT),
        (x[0] * x[1] - x[1] * x[2], interpreter.MULTIPLY_SUBTRACT),
    ],
)
def test_a_product_is_fused_with_the_one_sum_that_uses_it(formula, opcode):
    agree([formula])
    assert opcode in compile_tape([x], p, [formula]).body[:, 0]
    agree([formula, x[0] * x[1], ca.sin(x[0] * x[1])])  # used elsewhere too


def test_divisions_by_one_value_share_its_inverse():
    outputs = [x[0] / x[2], x[1] / x[2], x[0] / (p[0] + 1)]
    agree(outputs)
    assert interpreter.DIV not in compile_tape([x], p, outputs).body[:, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["sin", "exp", "tanh", "+", "*", "-"]), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=40,
    )
)
def test_random_programs(program):
    values = [x[0], x[1], x[2], p[0], ca.SX(0.25)]
    for name, a, b in program:
        left, right = values[a % len(values)], values[b % len(values)]
        match name:
            case "+":
                values.append(left + right)
            case "-":
                values.append(left - right)
            case "*":
                values.append(ca.tanh(left * right))
            case _:
                values.append(ca.tanh(FUNCTIONS[name](left)))
    agree(values[-4:])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 8, 12])
def test_jacobi_against_lapack(size):
    entries = ca.SX.sym("m", size * size)
    matrix = ca.reshape(entries, size, size)
    eigenvalues, vectors, solved = symmetric_eigen((matrix + matrix.T) / 2)
    tape = compile_tape([entries], ca.SX(0, 1), [eigenvalues, ca.vec(vectors)], solved)
    random = np.random.default_rng(1)
    matrices = random.normal(size=(200, size, size))
    matrices = matrices + np.swapaxes(matrices, 1, 2)
    matrices[0] = np.eye(size)
    matrices[1] = 0
    matrices[2] = np.diag(np.arange(size) // 2)
    rank_one = random.normal(size=size)
    matrices[3] = np.outer(rank_one, rank_one)
    found = evaluate_tape(tape, matrices.reshape(200, -1), ())
    values, vectors = found[:, :size], np.swapaxes(found[:, size:].reshape(200, size, size), 1, 2)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrices)[:, ::-1], atol=1e-11)
    np.testing.assert_allclose(np.swapaxes(vectors, 1, 2) @ vectors, np.broadcast_to(np.eye(size), matrices.shape), atol=1e-11)
    np.testing.assert_allclose(matrices @ vectors, vectors * values[:, None], atol=1e-10)


def test_a_parameter_moves_without_a_new_tape():
    tape = compile_tape([x], p, [p[0] * ca.sin(p[1]) * x])
    work = tape.bind((2.0, 0.3), 4)
    for parameters in ((2.0, 0.3), (-1.0, 1.7)):
        tape.rebind(work, parameters)
        work[:3] = 1.5
        interpreter.run(tape.body, work, 4)
        np.testing.assert_allclose(work[tape.outputs], parameters[0] * np.sin(parameters[1]) * 1.5)
