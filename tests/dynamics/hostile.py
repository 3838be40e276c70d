"""Formulas from strangers: a program of its own, which runs them under an audit hook and prints what happened as JSON.

The first argument is how many strings to fuzz. With "plant" as the second, one harmless formula is given to Python's `eval` too, as
a careless program would, to show that the hook sees it.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time

MUTATION = "+-*/^()|,.=√²³⁻×·÷−–πλθ½ \t\n\0_xyzab0123456789e'\"[]{}\\#@!%&~;:<>?$´`\u200b\u202e\ud800\udfff\U0001d465é漢ﬁ‱∞"
WATCHED = (
    "exec", "compile", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "builtins.", "code.", "pickle.",
    "shutil.",
)  # fmt: skip

CODE = [
    "__import__('os').system('echo owned')", "__import__(\"os\")", "eval('1')", "exec('x=1')", "compile('1','','eval')",
    "open('/etc/passwd')", "open('x','w')", "globals()", "locals()", "vars()", "dir()", "getattr(x,'real')",
    "setattr(x,'a',1)", "input()", "print(x)", "exit()", "breakpoint()", "help()", "quit()", "type(x)", "object()",
    "super()", "classmethod(x)", "memoryview(x)", "bytes(x)", "chr(120)", "ord(x)", "x.__class__",
    "().__class__.__bases__[0].__subclasses__()", "x.__class__.__mro__", "(1).__class__", "x.real", "x.imag", "1..real",
    "''.join([])", "'a'.format(x)", "\"{0.__class__}\".format(x)", "[].append(1)", "{}.get(1)", "x.__dict__",
    "x.__init__.__globals__", "sin.__globals__", "sin.__code__", "sqrt.__self__", "pi.real", "e.hex()", "(lambda: 0)()",
    "lambda: 1", "lambda x: x", "lambda *a: a", "(x := 1)", "x := 1", "y := x", "x = 1", "x += 1", "x == y", "x != y",
    "x is y", "x in y", "x not in (1,)", "x and y", "x or y", "not x", "x if y else 1", "x < y < 1", "x <= y", "x >= y",
    "x <> y", "x @ y", "x % y", "x // y", "x << 2", "x >> 2", "x & y", "x | y | 1", "x ^^ y", "~x", "!x", "x!", "x?", "x:y",
    "x;y", "x\ny", "x\r\ny", "x\\\ny", "x # comment", "# x", "x --> y", "x -> y", "->", "[x for x in (1,2)]",
    "(x for x in y)", "{x for x in y}", "{x: y for x in y}", "[x, y]", "(x, y)", "x,", ",x", "()", "[]", "{}", "{x}",
    "{1: 2}", "x[0]", "x[0:1]", "x[::]", "[*x]", "*x", "**x", "f(*x)", "f(**x)", "sin(*x)", "sin(**y)", "sin(x=1)",
    "sin(x, y=2)", "f'{x}'", "f\"{__import__('os')}\"", "'x'", "\"x\"", "'''x'''", "b'x'", "r'x'", "u'x'", "'", "\"", "'''",
    "`x`", "''", "\"\"", "await x", "async x", "yield x", "yield", "return x", "raise x", "assert x", "import os",
    "from os import system", "import os; x", "del x", "pass", "break", "global x", "nonlocal x", "with x: y", "while x: y",
    "for x in y: x", "def f(): x", "class A: x", "try: x", "if x: y", "match x: y", "type X = int", "print x", "exec x",
    "True", "False", "None", "Ellipsis", "...", "NotImplemented", "__debug__", "__name__", "__builtins__",
    "__loader__.load_module('os')", "_", "__", "_x", "x__class__", "os.system('ls')", "sys.exit()", "subprocess.run('ls')",
    "numpy.load('x')", "np.e", "math.sin(x)", "casadi.SX(1)", "sympy.sympify('x')", "self.x", "cls", "jinja {{ x }}",
    "{{7*7}}", "${7*7}", "%s", "%(x)s", "<script>alert(1)</script>", "x<!--y-->", "javascript:alert(1)", "' OR 1=1 --",
    "../../etc/passwd", "$(id)", "`id`", "|id", "; rm -rf /", "&& ls", "\\x41", "\\u0041", "\\N{BULLET}", "\\frac{1}{2}",
    "\\input{x}", "$x$", "x^{2}", "x_{1}",
]  # fmt: skip
NUMBERS = [
    "9**9**9**9", "9^9^9^9^9", "10**10**10", "2**99999", "x**9**9**9", "9**9**9**9*x", "(9**9)**(9**9)", "1e999", "-1e999",
    "1e-999", "1e-400*x", "9" * 400, "0." + "0" * 400 + "1", "1e309", "1e-330", "1e99999999999", "1e-99999999999",
    "1" + "0" * 1990, "1_000_000_000_000e400", "nan", "inf", "-inf", "Infinity", "NaN", "infinity*x", "inf*0", "1/0", "0/0",
    "x/0", "0^-1", "0^(0-1)", "(-8)^(1/3)", "sqrt(-1)", "log(0)", "log(-1)", "asin(2)", "acos(-3)", "exp(1000)",
    "exp(-1000)", "exp(exp(exp(9)))", "sinh(1e9)", "cosh(800)", "tan(pi/2)*1e300*1e300", "1e200*1e200", "1e-200*1e-200",
    "1e-300/1e300", "2^-2000", "x^1e400", "x^(1e-400)", "x/(1-1)", "x/(pi-pi)", "max(1, 1e400)", "1j", "1J*x", "0x10",
    "0b101", "0o17", "1__0", "1_", "_1", "1.2.3", "1e", "1e+", "1e1.5", "0777", "١٢٣", "１２", "x٣", "²", "x²³", "x⁻", "x⁻⁻¹",
    "x⁹⁹⁹⁹", "½⅓", "⅟", "1½", "Ⅻ", "①", "x^^2", "x***2", "x****2",
]  # fmt: skip
SHAPES = [
    "(" * 5000, ")" * 5000, "(" * 900 + "x" + ")" * 900, "-" * 1999 + "x", "+" * 1999 + "x", "x" + "^x" * 900,
    "sin(" * 400 + "x" + ")" * 400, "√" * 1999, "|" * 1999, "|" * 999 + "x" + "|" * 999, "||x|" * 400, "x" * 2000,
    "xy" * 1000, "x*" * 999 + "x", "x+" * 999 + "x", "x/" * 999 + "x", "x" * 100_000, " " * 1999 + "x", " " * 5000,
    "\t" * 100, "(" + ")" * 10, "((((((((((", "sin " * 400 + "x", "sin²" * 400 + "x", "1 " * 900, "x " * 900, "1e1" * 600,
    "x,y" * 600, "(x)" * 600, "2(" * 60 + "x" + ")" * 60, "2(" * 59 + "x" + ")" * 59, "max(" * 70 + "x" + ",y)" * 70,
    "x=" * 900, "=" * 900, "½" * 1900, "²" * 1900, "π" * 1900, "α" * 1900, "𝑥" * 1900, "x\u0302" * 900, "e" * 1900,
    "-x" * 900, "^" * 1900, "*" * 1900, "/" * 1900, "x" + "²" * 50, "|x" * 600, "x|" * 600, "(|" * 600, "|(x)|" * 380,
    "log" * 600, "atan2" * 380,
]  # fmt: skip
LETTERS = [
    "\0", "x\0", "\0x", "x\0*y", "x + \x01", "x\x07", "x\x1b[31m", "x\x7f", "x\x85y", "x\u2028y", "x\u2029y", "x\ufeff",
    "\ufeffx", "x\u200b", "x\u200d*y", "x\u200ey", "x\u202ey", "x\u2066y", "x\u00ad", "\ud800", "x\udfff", "x + \udc80",
    "\ud83d\ude00", "😀", "x😀y", "é", "x́", "ß", "ı", "İ", "ſ", "ſin(x)", "ﬁ", "ﬂoor(x)", "ａ", "ｅval(x)", "𝐞𝐯𝐚𝐥(x)",
    "𝓮𝓿𝓪𝓵('x')", "ｓｉｎ(x)", "х", "хy", "ѕin(x)", "Χ", "Ａ*x", "x＊y", "x＋y", "x－y", "（x）", "x‐y", "x‑y", "x‒y", "x―y", "x⁄y",
    "x∕y", "x∗y", "x∙y", "x⋅y", "x•y", "x′", "x″", "x°", "x∞", "∞", "∫x", "∑x", "∏x", "∂x", "∇x", "∈", "x∈y", "x≤y", "x≥y",
    "x≠y", "x≈y", "x→y", "x⊗y", "x∧y", "∀x", "∃x", "¬x", "∅", "ℝ", "ℏ", "Å", "K", "Ω", "µ", "ϖ", "ð", "漢", "ไ", "ع", "א",
    "x ע y", "ⁿ", "xⁿ", "xᵃ", "xₐ", "x₊", "₁x", "ªx", "x­y", "͏x", "x︎y", "\u3000", "x\u3000y", "\u00a0", "x\u2009y",
    "\u1680x", "x\u180ey",
]  # fmt: skip
HOSTILE = CODE + NUMBERS + SHAPES + LETTERS
VALID = [
    "x*y - 1", "(x^2 + y^2 - r^2)/2", "2*exp(a*(x*cos(2*pi/3) + y*sin(2*pi/3))/2)*z", "v*tanh(b + w) - y1",
    "sqrt(x*x + 1) - atan2(y, x)", "max(0, 1 + b*(y*cos(2*pi/3) − x))", "3x² + 2xy + y² − 1", "|x − |y|| · √(x + 1)",
    "sin²x + cos 2πx – ½", "e^(−x²/2)", "softplus(x)/sigmoid(-y)", "1e-3*x + .5*y**3", "ln x ÷ arctan(y)", "αx + θ₁ − 1",
]  # fmt: skip
NAMES = (
    "x", "y", "z", "a", "b", "r", "v", "w", "y1", "alpha", "theta1",
)  # fmt: skip


def fuzzed(count: int, seed: int = 0):
    """Valid formulas with characters and pieces changed, and characters at random."""
    draw = random.Random(seed)
    for k in range(count):
        if k % 4 == 0:
            yield "".join(draw.choices(MUTATION, k=draw.randrange(1, 60)))
            continue
        text = list(draw.choice(VALID))
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(text) + 1)
            match draw.randrange(5):
                case 0:
                    text[at:at] = draw.choice(MUTATION)
                case 1:
                    text[at : at + draw.randrange(1, 4)] = []
                case 2:
                    text[at : at + 1] = draw.choice(MUTATION)
                case 3:
                    other = draw.choice(VALID)
                    start = draw.randrange(len(other))
                    text[at:at] = other[start : start + draw.randrange(1, 12)]
                case _:
                    text = text * draw.randrange(1, 3)
        yield "".join(text)


def main() -> None:
    count, plant = int(sys.argv[1]), "plant" in sys.argv[2:]
    from dynamics.engine import formula
    from dynamics.landscapes import typed
    from dynamics.landscapes.landscape import Landscape

    Landscape.from_residuals(["x*y - 1"], ("x", "y"))  # whatever is imported late is imported now
    typed.read_landscape("x*y = a\na = 1")
    events: list[str] = []
    watching = False

    def hook(event: str, arguments: tuple) -> None:
        if watching and event.startswith(WATCHED):
            events.append(event)

    sys.addaudithook(hook)
    refused, silent, longest, slowest = 0, [], 0.0, ""

    def check(text: str) -> None:
        nonlocal refused, longest, slowest
        began = time.process_time()
        try:
            formula.text(formula.parse(text, NAMES, equation=True))
        except formula.FormulaError as error:
            refused += 1
            place = error.position
            if not (isinstance(place, int) and 0 <= place <= len(text) and error.sentence.endswith(".") and len(str(error)) < 400):
                silent.append(repr(text)[:60])
            str(error).encode("utf-8")
        spent = time.process_time() - began
        if spent > longest:
            longest, slowest = spent, repr(text)[:60]
        if plant and text == VALID[0]:
            eval(text, {"x": 1, "y": 1})

    def read(text: str) -> None:
        reading = typed.read_landscape(text)
        if (reading.landscape is None) != bool(reading.problems):
            silent.append(repr(text)[:60])
        for problem in reading.problems:
            if not problem.sentence.endswith(".") or problem.line < 0 or problem.column < 0:
                silent.append(repr(text)[:60])
            problem.sentence.encode("utf-8")

    gc.collect()
    gc.freeze()  # collecting what was imported would take longer than any formula
    watching = True
    for text in HOSTILE:
        check(text)
    hostile_refused = refused
    if not plant:
        for text in HOSTILE:
            read(text)
    for text in (VALID[0], *fuzzed(count)):
        check(text)
    watching = False
    print(json.dumps({
        "hostile": len(HOSTILE), "hostile_refused": hostile_refused, "count": count, "refused": refused - hostile_refused,
        "events": sorted(set(events)), "silent": silent[:5], "slowest": slowest, "milliseconds": 1e3 * longest,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
