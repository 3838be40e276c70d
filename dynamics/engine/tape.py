"""CasADi graph -> integer tape for the interpreter.

Values that depend on parameters and constants only are computed once, when the tape is bound (`prologue`); the rest (`body`) runs
for every step. An operation's result never shares a row with its operands: so the interpreter's loops vectorize.

Symmetric eigenproblems are one instruction each: a graph names the results of an `Eigen` by symbols, and the tape solves it between
what makes its matrix and what uses its results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import casadi as ca
import numpy as np

from dynamics.engine import interpreter
from dynamics.engine.interpreter import EIGEN_SCRATCH

OPCODES = {
    getattr(ca, "OP_" + casadi_name): code
    for casadi_name, code in {
        "ASSIGN": interpreter.COPY, "ADD": interpreter.ADD, "SUB": interpreter.SUB, "MUL": interpreter.MUL,
        "DIV": interpreter.DIV, "NEG": interpreter.NEG, "SQ": interpreter.SQUARE, "TWICE": interpreter.TWICE,
        "INV": interpreter.INVERSE, "SQRT": interpreter.SQRT, "EXP": interpreter.EXP, "LOG": interpreter.LOG,
        "SIN": interpreter.SIN, "COS": interpreter.COS, "TAN": interpreter.TAN, "ASIN": interpreter.ASIN,
        "ACOS": interpreter.ACOS, "ATAN": interpreter.ATAN, "ATAN2": interpreter.ATAN2, "SINH": interpreter.SINH,
        "COSH": interpreter.COSH, "TANH": interpreter.TANH, "FABS": interpreter.ABS, "SIGN": interpreter.SIGN,
        "FLOOR": interpreter.FLOOR, "FMIN": interpreter.MIN, "FMAX": interpreter.MAX, "POW": interpreter.POW,
        "CONSTPOW": interpreter.POW, "LT": interpreter.LT, "LE": interpreter.LE, "EQ": interpreter.EQ, "NE": interpreter.NE,
        "NOT": interpreter.NOT, "AND": interpreter.AND, "OR": interpreter.OR, "IF_ELSE_ZERO": interpreter.SELECT,
        "LOG1P": interpreter.LOG1P, "EXPM1": interpreter.EXPM1, "HYPOT": interpreter.HYPOT,
        "COPYSIGN": interpreter.COPYSIGN,
    }.items()
}  # fmt: skip
Instruction = tuple[int, int, int, int, int]  # opcode, result, three operands of which the last may repeat


@dataclass(frozen=True, eq=False)
class Eigen:
    """The eigenproblem of a symmetric graph `matrix` (m, m), m ≥ 2: symbols for its eigenvalues (m,), from the largest down, and
    its unit eigenvectors (m, m), columns."""

    matrix: ca.SX
    eigenvalues: ca.SX
    vectors: ca.SX

    @staticmethod
    def of(matrix: ca.SX) -> Eigen:
        m = matrix.size1()
        return Eigen(ca.densify(matrix), ca.SX.sym("lambda", m), ca.SX.sym("u", m, m))

    @property
    def size(self) -> int:
        return self.matrix.size1()


def symmetric_eigen(matrix: ca.SX) -> tuple[ca.SX, ca.SX, tuple[Eigen, ...]]:
    """Eigenvalues (m,), from the largest down, eigenvectors (m, m; columns) of a symmetric graph, and what a tape solves."""
    if matrix.size1() == 1:
        return ca.SX(matrix), ca.SX(1), ()
    eigen = Eigen.of(matrix)
    return eigen.eigenvalues, eigen.vectors, (eigen,)


@dataclass(frozen=True, eq=False)
class Tape:
    """A straight-line program over rows of numbers.

    Rows 0..inputs-1 hold the inputs that differ from path to path; then come the uniform values (parameters, constants, results
    of the prologue), then scratch rows.
    """

    prologue: np.ndarray  # (K0, 5) int64: opcode, result row, operand rows
    body: np.ndarray  # (K, 5) int64
    outputs: np.ndarray  # (M,) int64, rows
    constant_rows: np.ndarray
    constant_values: np.ndarray
    parameter_rows: np.ndarray  # (P,) int64
    rows: int
    inputs: int

    def bind(self, parameters: Sequence[float], width: int) -> np.ndarray:
        """Rows for `width` paths, (rows, width) float64, parameters and constants in place, prologue done."""
        work = np.zeros((self.rows, width))
        work[self.constant_rows] = self.constant_values[:, None]
        self.rebind(work, parameters)
        return work

    def rebind(self, work: np.ndarray, parameters: Sequence[float]) -> None:
        """Give bound rows other parameters, in place."""
        work[self.parameter_rows] = np.asarray(parameters, dtype=float).reshape(-1, 1)
        interpreter.run(self.prologue, work, work.shape[1])


def compile_tape(inputs: Sequence[ca.SX], parameters: ca.SX, outputs: Sequence[ca.SX], solved: Sequence[Eigen] = ()) -> Tape:
    """The tape of `outputs` (each flattened column-major) over `inputs` (rows, in order) and uniform `parameters`.

    Outputs may use the symbols of `solved`; a matrix of `solved` those of the ones before it.
    """
    stacked_inputs = ca.vertcat(*inputs)
    results = [ca.vertcat(eigen.eigenvalues, ca.vec(eigen.vectors)) for eigen in solved]
    matrices = [ca.vec(eigen.matrix) for eigen in solved]
    stacked_outputs = ca.vertcat(*(ca.vec(ca.densify(output)) for output in outputs))
    function = ca.Function("tape", [stacked_inputs, parameters, *results], [stacked_outputs, *matrices], {"cse": True})
    sizes = [eigen.size for eigen in solved]
    return _Assembler(function, stacked_inputs.numel(), parameters.numel(), stacked_outputs.numel(), sizes).tape()


class _Assembler:
    """Reads CasADi's instructions in single-assignment form, then gives each value a row."""

    def __init__(self, function: ca.Function, inputs: int, parameters: int, outputs: int, sizes: Sequence[int]) -> None:
        self.inputs, self.parameters, self.sizes = inputs, parameters, sizes
        self.values = inputs + parameters  # values 0.. are the inputs, then the parameters, then what eigenproblems give
        self.uniform = [False] * inputs + [True] * parameters
        self.solved = [[self._new_value(uniform=False) for _ in range(m + m * m)] for m in sizes]
        self.constants: dict[float, int] = {}
        self.instructions: list[Instruction] = []
        self.outputs = [self._constant(0.0)] * outputs
        self.matrices = [[self._constant(0.0)] * m**2 for m in sizes]
        self._read(function)
        self._share_inverses()
        self._fuse_products()

    def _new_value(self, uniform: bool) -> int:
        self.uniform.append(uniform)
        self.values += 1
        return self.values - 1

    def _constant(self, number: float) -> int:
        if number not in self.constants:
            self.constants[number] = self._new_value(uniform=True)
        return self.constants[number]

    def _emit(self, opcode: int, a: int, b: int) -> int:
        result = self._new_value(self.uniform[a] and self.uniform[b])
        self.instructions.append((opcode, result, a, b, b))
        return result

    def _read(self, function: ca.Function) -> None:
        holds: dict[int, int] = {}  # CasADi work slot -> value
        for k in range(function.n_instructions()):
            operation = function.instruction_id(k)
            if operation == ca.OP_OUTPUT:
                group, position = function.instruction_output(k)
                self._results(group)[position] = holds[function.instruction_input(k)[0]]
                continue
            slot = function.instruction_output(k)[0]
            if operation == ca.OP_INPUT:
                group, position = function.instruction_input(k)
                holds[slot] = self.solved[group - 2][position] if group >= 2 else position + (self.inputs if group else 0)
            elif operation == ca.OP_CONST:
                number = function.instruction_constant(k)
                holds[slot] = self._constant(number if number == number else float("nan"))
            elif operation not in OPCODES:
                raise NotImplementedError(f"CasADi operation {operation} has no counterpart in the interpreter")
            else:
                operands = [holds[i] for i in function.instruction_input(k)]
                holds[slot] = self._emit(OPCODES[operation], operands[0], operands[-1])

    def _results(self, group: int) -> list[int]:
        """The outputs, or a matrix, as CasADi numbers them."""
        return self.outputs if group == 0 else self.matrices[group - 1]

    def _share_inverses(self) -> None:
        """Divisions by one value become products with its inverse: a division takes as long as three products."""
        divisions = Counter(b for opcode, _, _, b, _ in self.instructions if opcode == interpreter.DIV)
        inverses: dict[int, int] = {}
        instructions, self.instructions = self.instructions, []
        for opcode, result, a, b, _ in instructions:
            if opcode == interpreter.DIV and (self.uniform[b] or divisions[b] > 1):
                if b not in inverses:
                    inverses[b] = self._emit(interpreter.INVERSE, b, b)
                opcode, b = interpreter.MUL, inverses[b]
            self.instructions.append((opcode, result, a, b, b))

    def _fuse_products(self) -> None:
        """A product that one sum alone uses becomes part of it: one operation less, with the same roundings."""
        uses = Counter(chain(self.outputs, *self.matrices))
        for _, _, *operands in self.instructions:
            uses.update(set(operands))
        products: dict[int, tuple[int, int]] = {}
        for opcode, result, a, b, _ in self.instructions:
            if opcode in (interpreter.MUL, interpreter.SQUARE) and uses[result] == 1 and not self.uniform[result]:
                products[result] = a, b
        fused: set[int] = set()
        for k, (opcode, result, a, b, _) in enumerate(self.instructions):
            if opcode in (interpreter.ADD, interpreter.SUB) and a != b:
                if a in products:
                    other = interpreter.MULTIPLY_ADD if opcode == interpreter.ADD else interpreter.MULTIPLY_SUBTRACT
                    self.instructions[k] = (other, result, *products[a], b)
                    fused.add(a)
                elif b in products:
                    other = interpreter.MULTIPLY_ADD if opcode == interpreter.ADD else interpreter.SUBTRACT_PRODUCT
                    self.instructions[k] = (other, result, *products[b], a)
                    fused.add(b)
        self.instructions = [instruction for instruction in self.instructions if instruction[1] not in fused]

    def tape(self) -> Tape:
        # An output that is an input, or named twice, gets a row of its own, so that results can be copied over the inputs in turn.
        taken: set[int] = set()
        for position, value in enumerate(self.outputs):
            if value < self.inputs or value in taken or self.uniform[value]:
                copy = self._new_value(uniform=False)
                self.instructions.append((interpreter.COPY, copy, value, value, value))
                self.outputs[position] = copy
            taken.add(self.outputs[position])
        prologue = [i for i in self.instructions if self.uniform[i[1]]]
        entries = [[self._new_value(uniform=False) for _ in matrix] for matrix in self.matrices]
        body = self._staged([i for i in self.instructions if not self.uniform[i[1]]], entries)

        row = {value: value for value in range(self.inputs)}
        for value in range(self.inputs, self.values):
            if self.uniform[value]:
                row[value] = len(row)
        rows = len(row)
        for block in chain(self.solved, entries):
            row.update(zip(block, range(rows, rows + len(block)), strict=True))
            rows += len(block) + EIGEN_SCRATCH
        placed = set(row)
        last_use: dict[int, int] = {}
        for k, (opcode, result, a, b, c) in enumerate(body):
            if opcode != interpreter.EIGEN:
                last_use[a] = last_use[b] = last_use[c] = last_use[result] = k
        free: list[int] = []
        kept = placed | set(self.outputs)
        for k, (opcode, result, a, b, c) in enumerate(body):
            if opcode == interpreter.EIGEN:
                continue
            if result not in placed:
                if free:
                    row[result] = free.pop()
                else:
                    row[result], rows = rows, rows + 1
            free += [row[value] for value in {a, b, c, result} if last_use[value] == k and value not in kept]

        def assembled(instructions: list[Instruction]) -> np.ndarray:
            code = [
                (opcode, row[result], row[a], *((b, c) if opcode == interpreter.EIGEN else (row[b], row[c])))
                for opcode, result, a, b, c in instructions
            ]
            return np.array(code, dtype=np.int64).reshape(-1, 5)

        return Tape(
            prologue=assembled(prologue),
            body=assembled(body),
            outputs=np.array([row[value] for value in self.outputs], dtype=np.int64),
            constant_rows=np.array([row[value] for value in self.constants.values()], dtype=np.int64),
            constant_values=np.array(list(self.constants), dtype=float),
            parameter_rows=np.array([row[self.inputs + k] for k in range(self.parameters)], dtype=np.int64),
            rows=rows,
            inputs=self.inputs,
        )

    def _staged(self, instructions: list[Instruction], entries: list[list[int]]) -> list[Instruction]:
        """In stages: each ends with an eigenproblem, whose results the next ones may use."""
        stage = dict.fromkeys(range(self.values), 0)
        for number, block in enumerate(self.solved):
            stage.update(dict.fromkeys(block, number + 1))
        stages: list[list[Instruction]] = [[] for _ in range(len(self.sizes) + 1)]
        for instruction in instructions:
            _, result, *operands = instruction
            stage[result] = max(stage[value] for value in operands)
            stages[stage[result]].append(instruction)
        for number, (m, matrix) in enumerate(zip(self.sizes, self.matrices, strict=True)):
            assert max(stage[value] for value in matrix) <= number, "an eigenproblem may use the ones before it only"
            placed = zip(entries[number], matrix, strict=True)
            stages[number] += [(interpreter.COPY, entry, value, value, value) for entry, value in placed]
            stages[number].append((interpreter.EIGEN, self.solved[number][0], entries[number][0], m, m))
        return list(chain(*stages))
