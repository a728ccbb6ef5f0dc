"""A reader's file in a process of its own: every way in which it can fail, provoked."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from chapters.exercises import sandbox, travel
from chapters.exercises.calling import load
from chapters.exercises.form import Part
from chapters.exercises.sandbox import Call, Reply

posix = pytest.mark.skipif(os.name != "posix", reason="by POSIX's means")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit on memory")
X = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, 8.0]])


@pytest.fixture
def write(tmp_path):
    """Write a reader's file: a name as a reader has it, in a folder as a reader has it."""
    folder = tmp_path / "meine Übungen, ∂y ∕ ∂x"
    folder.mkdir()

    def written(text: str | bytes, name: str = "03_größe.py") -> Path:
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return written


def run_one(path, *arguments, function="f", **limits):
    """The outcome of one call, and its reply."""
    outcome = sandbox.run(path, [Call(function, arguments)], **limits)
    assert outcome.fault or len(outcome.replies) == 1
    return outcome, outcome.replies[0] if outcome.replies else Reply(fault=outcome.fault)


def fault(path, *arguments, **more):
    return run_one(path, *arguments, **more)[1].fault


# ---------------------------------------------------------------------------------------------- what goes well

VALUES = [
    None,
    True,
    -3,
    10**30,
    2.5,
    "größe \ud800",
    [],
    (1, [2.0, (None,)], {"a": X, 2: "b"}),
    np.float32(0.1),
    np.int8(-7),
    np.bool_(True),
    np.zeros((0, 3)),
    np.array(5.0),
    np.arange(6, dtype=">i2").reshape(2, 3).T,
    np.array([np.nan, np.inf, -0.0], dtype=np.float16),
    np.array(["a", "bc"]),
    float("inf"),
]


def same(a, b):
    """Equal, and of the same types and dtypes throughout."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return (
            a.dtype == b.dtype and a.shape == b.shape and np.asarray(a).tobytes() == np.asarray(b).tobytes()
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    return a == b


def test_values_come_back_as_they_went(write):
    path = write("def f(x):\n    return x\n")
    outcome = sandbox.run(path, [Call("f", (value,)) for value in VALUES])
    assert outcome.fault is None and outcome.printed == ""
    for value, reply in zip(VALUES, outcome.replies, strict=True):
        assert reply.fault is None and reply.overwritten == ()
        assert same(reply.value, value), value


def test_nan_is_not_taken_for_written_over(write):
    _, reply = run_one(write("def f(x):\n    return [x, -x]\n"), float("nan"))
    assert reply.overwritten == () and np.isnan(reply.value).all()


def test_a_check_answers_at_once(write):
    path = write("import numpy as np\ndef f(x):\n    return np.exp(x)\n")
    best = min(run_one(path, X)[0].seconds for _ in range(3))
    assert best < 1.0, best


def test_a_tensor_becomes_an_array(write):
    _, reply = run_one(
        write("from tinydl import Tensor\ndef f(x):\n    return Tensor(x), [Tensor(x) * 2]\n"), X
    )
    assert same(reply.value, (X, [2 * X]))


def test_numpy_s_subclasses_become_plain_arrays(write):
    _, reply = run_one(write("import numpy as np\ndef f(x):\n    return np.asmatrix(x)\n"), X)
    assert same(reply.value, X)


def test_functions_of_the_package_are_found_by_name(write):
    from chapters.ch02_dense.exercises import softmax

    part = softmax.softmax_gradient
    rules = [part.solution, *[each.rule for each in part.mistakes.values()], softmax.softmax_naive]
    for rule in rules:
        (packed,) = travel.pack([rule], functions=True)
        assert travel.unpack(packed, functions=True) is rule
    path = write("def f(rule, gy, y):\n    return rule(gy, y=y)\n")
    gy, y = X, X / 2
    outcome = sandbox.run(path, [Call("f", (rule, gy, y)) for rule in rules[:2]])
    for rule, reply in zip(rules, outcome.replies, strict=False):
        np.testing.assert_array_equal(reply.value, rule(gy, y))


def double(x):
    return 2 * x


double = Part(double, lambda rng: [], lambda names: None)


@double.mistake("factor, by 0.5")
def _(x):
    """A half."""
    return x / 2


def test_the_key_of_a_mistake_may_have_dots():
    rule = double.mistakes["factor, by 0.5"].rule
    assert travel.unpack(travel.pack(rule, functions=True), functions=True) is rule


def test_a_function_that_nobody_finds_is_refused_before_anything_runs(write):
    with pytest.raises(TypeError, match="cannot be found"):
        run_one(write("def f(x):\n    return x\n"), lambda x: x)


def test_names_of_functions_in_a_reply_are_not_looked_up():
    with pytest.raises(ValueError, match="nothing of the kind"):
        travel.unpack({"function": "antigravity:geohash"})
    assert "antigravity" not in sys.modules


def test_arguments_written_over_are_told_and_spoil_no_other_call(write):
    path = write("""
        def f(x, options, y):
            x += 1
            options["list"].append(3)
            return x + y
    """)
    arguments = (X.copy(), {"list": [1, 2]}, X)
    outcome = sandbox.run(path, [Call("f", arguments)] * 2)
    assert [reply.overwritten for reply in outcome.replies] == [(0, 1), (0, 1)]
    for reply in outcome.replies:
        np.testing.assert_array_equal(reply.value, 2 * X + 1)
    assert same(arguments, (X, {"list": [1, 2]}, X))


def test_an_answer_stays_as_it_was_given(write):
    path = write("import numpy as np\nkept = np.zeros(2)\ndef f():\n    kept[:] += 1\n    return kept\n")
    replies = sandbox.run(path, [Call("f", ())] * 3).replies
    assert [reply.value.tolist() for reply in replies] == [[1, 1], [2, 2], [3, 3]]


def test_this_process_answers_as_the_other(write):
    path = write("""
        import numpy as np
        def f(x):
            x[0] = 0
            return np.log(x)
        def g(x):
            return x[7]
    """)
    calls = [Call("f", (X,)), Call("g", (X,)), Call("h", (X,)), Call("f", (X, X))]
    here = sandbox.answer(load(path), calls, path)  # a warning is no error, whatever the filters are
    there = sandbox.run(path, calls).replies
    for a, b in zip(here, there, strict=True):
        assert same(a.value, b.value)
        assert (a.fault, a.overwritten) == (b.fault, b.overwritten)


# ---------------------------------------------------------------------------------------------- odd files


def test_windows_line_ends_and_a_mark_at_the_beginning(write):
    path = write(b"\xef\xbb\xbfdef f(x):\r\n    s = 'gr\xc3\xb6\xc3\x9fe'\r\n    return x[s]\r\n")
    found = fault(path, X)
    assert (found.kind, found.line, found.code) == ("error", 3, "return x[s]")


def test_modules_of_the_reader_s_folder_take_nobody_s_place(write):
    for name in ("numpy", "random", "json", "tinydl", "chapters", "sitecustomize", "encodings"):
        write("raise SystemExit('not this one')\n", name + ".py")
    write("def helps(x):\n    return 2 * x\n", "helper.py")
    path = write(
        "import json, random, numpy as np, helper\ndef f(x):\n    return helper.helps(np.abs(x))\n",
        "numpy_.py",
    )
    _, reply = run_one(path, X)
    assert same(reply.value, 2 * np.abs(X))
    assert sorted(each.name for each in path.parent.iterdir() if each.suffix != ".py") == []  # no __pycache__


def test_the_reader_s_folder_on_the_path_of_this_process_is_not_handed_on(write, monkeypatch):
    path = write("import random\ndef f():\n    return random.random() < 2\n")
    write("random = None\n", "random.py")
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setenv("PYTHONPATH", str(path.parent))
    assert run_one(path)[1].value is True


def test_the_file_is_not_the_main_program_and_may_have_dataclasses(write):
    path = write("""
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class Pair:
            a: int
        def f(): return Pair(3).a, __name__
        if __name__ == "__main__":
            raise SystemExit
    """)
    assert run_one(path)[1].value[0] == 3


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("def f(x):\n    return (x\n", 2, "never closed"),
        ("def f(x):\n    y = 1\n\treturn y\n", 3, "TabError"),
        ("def f(x):\n    y = 1\n      return y\n", 3, "IndentationError"),
        ("def f(x):", 1, "expected an indented block"),
        (b"def f(x):\n    # gr\xf6\xdfe\n    return x\n", 2, "UTF-8"),
        ("def f(x): return x".encode("utf-16"), 1, "UTF-8"),
        (b"def f(x):\n    return x\n\0\0\0", None, "null bytes"),
        ("f = " + 500 * "(" + 500 * ")", 1, "parentheses"),
    ],
)
def test_files_that_are_no_python(write, text, line, word):
    found = load(write(text))
    assert (found.kind, found.line) == ("syntax", line)
    assert word in found.message and "\n" not in found.message


def test_a_file_that_is_no_python_in_the_other_process(write):
    outcome = sandbox.run(write("def f(x):\n    return (x\n"), [Call("f", (X,))])
    assert (outcome.fault.kind, outcome.fault.code, outcome.replies) == ("syntax", "return (x", ())


def test_files_that_are_not_there(write, tmp_path):
    here = write("x = 1\n").parent
    for path in (here / "no.py", here):
        assert load(path).kind == "missing"
    assert fault(tmp_path / "nowhere" / "no.py").kind == "missing"
    assert "no.py" in load(here / "no.py").message


@posix
def test_a_file_that_nobody_may_read(write):
    path = write("x = 1\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read everything")
    found = load(path)
    assert found.kind == "missing" and "Permission denied" in found.message


@pytest.mark.parametrize(
    ("text", "kind", "line", "word"),
    [
        ("import numpy as np\nimport nmupy\n", "import", 2, "ModuleNotFoundError: No module named 'nmupy'"),
        ("a = 1\n\nb = a / 0\n", "import", 3, "ZeroDivisionError"),
        ("raise NotImplementedError('later')\n", "unwritten", 1, "later"),
        ("import sys\nsys.exit(0)\n", "crash", 2, "03_größe.py ends the program"),
    ],
)
def test_files_that_fail_while_they_are_loaded(write, text, kind, line, word):
    found = load(write(text))
    assert (found.kind, found.line) == (kind, line) and word in found.message


@pytest.mark.parametrize(
    ("text", "kind", "line", "word"),
    [
        ("import os\nos._exit(0)\n", "crash", None, "03_größe.py ended the whole program (exit status 0)"),
        ("a = 1\nwhile a: pass\n", "time", 2, "03_größe.py is not done after 0.5 s"),
        ("a = 1 / 0\n", "import", 1, "ZeroDivisionError"),
    ],
)
def test_files_that_end_the_process_while_they_are_loaded(write, text, kind, line, word):
    outcome, _ = run_one(write(text), seconds=0.5 if kind == "time" else 10)
    assert (outcome.fault.kind, outcome.fault.line) == (kind, line)
    assert word in outcome.fault.message and outcome.replies == ()


# ---------------------------------------------------------------------------------------------- faults of a call

FAULTS = """
import sys, os, signal, threading
import numpy as np

def unwritten(x):
    raise NotImplementedError("softmax is not written yet")
def silent(x):
    raise NotImplementedError
def index(x):
    y = np.zeros(3)
    def inner(i):
        return y[i]
    return np.apply_along_axis(lambda row: inner(7), 1, x)
def shapes(x):
    return x @ x
def rude(x):
    class Rude(Exception):
        def __str__(self): raise ValueError
    raise Rude
def lines(x):
    raise ValueError("one\\n  two \\ud800" + 1000 * "z")
def forever(x):
    return forever(x)
def leave(x):
    sys.exit(3)
def two(x, y):
    return x
def none():
    return 1
def complex_(x):
    return np.sqrt(x.astype(complex))
def objects(x):
    return np.array([None, x], dtype=object)
def generator(x):
    return (row for row in x)
def uncalled(x):
    return index
def itself(x):
    a = []
    a.append(a)
    return a
def large(x):
    return np.broadcast_to(1.0, (10**6, 10**3))
def digits(x):
    return 10**5000
def many(x):
    return 7 * [np.zeros(10**6)]
not_a_function = 3
"""


FAULTS_EXPECTED = [
    (
        "unwritten",
        "unwritten",
        'raise NotImplementedError("softmax is not written yet")',
        "softmax is not written yet",
    ),
    ("silent", "unwritten", "raise NotImplementedError", "silent is not written yet"),
    ("index", "error", "return y[i]", "IndexError: index 7 is out of bounds"),
    ("shapes", "error", "return x @ x", "ValueError: matmul"),
    ("rude", "error", "raise Rude", "Rude"),
    ("lines", "error", 'raise ValueError("one\\n  two \\ud800" + 1000 * "z")', "ValueError: one two ?zz"),
    ("forever", "error", "return forever(x)", "RecursionError: forever calls itself"),
    ("leave", "crash", "sys.exit(3)", "leave ends the program"),
    ("two", "error", "def two(x, y):", "two is called with 1 argument, but stands there as two(x, y)"),
    ("none", "error", "def none():", "none()"),
    ("complex_", "error", "def complex_(x):", "complex_ gave complex numbers"),
    ("objects", "error", "def objects(x):", "dtype object"),
    ("generator", "error", "def generator(x):", "a value of type generator"),
    ("uncalled", "error", "def uncalled(x):", "parentheses"),
    ("itself", "error", "def itself(x):", "itself gave"),
    ("large", "error", "def large(x):", "7629 MB"),
    ("digits", "error", "def digits(x):", "over 300 digits"),
    ("many", "error", "", "larger"),
    ("indexes", "missing", "def index(x):", "there is no function indexes in 03_größe.py: is index meant"),
    ("softmax", "missing", "", "was it renamed"),
    ("not_a_function", "missing", "", "of type int, not a function"),
]


def test_faults_of_a_call(write):
    calls = [Call(function, (X,)) for function, *_ in FAULTS_EXPECTED]
    outcome = sandbox.run(write(FAULTS), [*calls, Call("two", (X, 1))])
    for (_, kind, code, words), reply in zip(FAULTS_EXPECTED, outcome.replies, strict=False):
        assert (reply.fault.kind, reply.fault.code) == (kind, code)
        assert (
            words in reply.fault.message
            and "\n" not in reply.fault.message
            and len(reply.fault.message) < 400
        )
    assert same(outcome.replies[-1].value, X)  # whatever came before


# ---------------------------------------------------------------------------------------------- the end of a process

ENDS = """
import ctypes, os, signal, sys, threading, time
import numpy as np

def fine(x):
    return x
def loop(x):
    while True:
        x = x + 1
def busy(x):
    threading.Thread(target=loop, args=(x,)).start()
    return sum(x @ x.T for _ in iter(int, 1))
def leave(x):
    os._exit(0)
def segfault(x):
    ctypes.string_at(0)
def killed(x):
    os.kill(os.getpid(), signal.SIGKILL)
def aborted(x):
    os.abort()
def hoard(x):
    a = []
    while True:
        a.append(np.ones(100_000))
def little(x):
    global kept
    kept = []
    while True:
        kept.append(len(kept) * 1.5)
def closes(x):
    os.closerange(0, 100)
    return x
def stubborn(x):
    import faulthandler
    faulthandler.cancel_dump_traceback_later()
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    loop(x)
"""


@posix
@pytest.mark.parametrize(
    ("function", "kind", "code", "words"),
    [
        ("loop", "time", "x = x + 1", "loop is not done after 0.5 s: is there a loop that does not end?"),
        ("busy", "time", "return sum(x @ x.T for _ in iter(int, 1))", "busy"),
        ("leave", "crash", "", "leave ended the whole program (exit status 0)"),
        ("segfault", "crash", "ctypes.string_at(0)", "Segmentation fault"),
        ("killed", "memory", "", "ended by the system"),
        ("aborted", "crash", "os.abort()", "Aborted"),
        ("closes", "crash", "", "closes ended"),
    ],
)
def test_a_process_that_ends(write, function, kind, code, words):
    calls = [Call("fine", (X,)), Call(function, (X,)), Call("fine", (X,))]
    outcome = sandbox.run(write(ENDS), calls, seconds=0.5 if kind == "time" else 10)
    assert outcome.fault is None and len(outcome.replies) == 3 and outcome.seconds < 3
    assert same(outcome.replies[0].value, X)  # what was answered before counts
    found = outcome.replies[1].fault
    assert (found.kind, found.code) == (kind, code) and words in found.message
    assert outcome.replies[2].fault == found


@posix
def test_a_process_that_will_not_end_is_ended(write, monkeypatch):
    monkeypatch.setattr(sandbox, "START", 0.2)
    found = fault(write(ENDS), X, function="stubborn", seconds=0.3)
    assert found.kind == "time"


@linux
@pytest.mark.parametrize("function", ["hoard", "little"])
def test_memory(write, function):
    calls = [Call(function, (X,)), Call("fine", (X,))]
    outcome = sandbox.run(write(ENDS), calls, megabytes=300)
    found = outcome.replies[0].fault
    assert found.kind == "memory" and "append" in found.code
    if function == "hoard":  # what it took is free again
        assert same(outcome.replies[1].value, X)


@linux
def test_memory_while_the_file_is_loaded(write):
    outcome, _ = run_one(write("a = []\nwhile True:\n    a.append(len(a) * 1.5)\n"), megabytes=300)
    assert (outcome.fault.kind, outcome.fault.line) == ("memory", 3)


@posix
@pytest.mark.parametrize("end", ["", "while True: pass", "os._exit(1)"])
def test_what_the_file_started_ends_with_it(write, end):
    path = write(f"""
        import os, subprocess, sys, threading, time
        def f():
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            threading.Thread(target=time.sleep, args=(60,)).start()
            with open("ids.txt", "w") as file:
                file.write(f"{{child}} {{other.pid}}")
            {end or "return 1"}
    """)
    began = time.monotonic()
    outcome, reply = run_one(path, seconds=0.7)
    assert time.monotonic() - began < 3
    assert reply.value == 1 if not end else reply.fault.kind in ("time", "crash")
    for each in (path.parent / "ids.txt").read_text(encoding="utf-8").split():
        _wait_for_end(int(each))


def _wait_for_end(process: int) -> None:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        if sys.platform == "linux" and ") Z " in Path(f"/proc/{process}/stat").read_text(encoding="utf-8"):
            return  # dead, and waiting for whoever adopted it
        time.sleep(0.02)
    raise AssertionError(f"process {process} is still there")


@posix
def test_a_check_that_is_stopped_leaves_no_process(write, monkeypatch):
    path = write("import os\nopen('id.txt', 'w').write(str(os.getpid()))\nwhile True: pass\n")
    note = path.parent / "id.txt"
    wait = sandbox.subprocess.Popen.wait

    def stopped(self, timeout=None):
        if timeout is None:
            return wait(self)
        while not (note.exists() and note.read_text(encoding="utf-8")):
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(sandbox.subprocess.Popen, "wait", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_one(path)
    _wait_for_end(int(note.read_text(encoding="utf-8")))


# ---------------------------------------------------------------------------------------------- what is printed


def test_printed_text_is_kept_apart_from_replies(write):
    path = write("""
        import os, sys
        print("loaded")
        def f(x):
            print('{"fault": null}')
            sys.__stdout__.write("größe\\n")
            os.write(1, b'{"value": 5}\\n\\xff')
            print("wrong", file=sys.stderr)
            return x
    """)
    outcome, reply = run_one(path, X)
    assert same(reply.value, X)
    assert outcome.printed == 'loaded\n{"fault": null}\ngröße\n{"value": 5}\n\N{REPLACEMENT CHARACTER}wrong\n'


def test_what_was_printed_before_a_crash_is_there(write):
    outcome, reply = run_one(write("import os\ndef f():\n    print('here')\n    os._exit(5)\n"))
    assert outcome.printed == "here\n" and "exit status 5" in reply.fault.message


def test_endless_printing_is_cut_off(write):
    path = write("def f():\n    while True:\n        print('abcdefgh' * 1000)\n")
    outcome, reply = run_one(path, seconds=0.7)
    assert reply.fault.kind == "time" and reply.fault.line == 3
    assert sandbox.PRINTED < len(outcome.printed) < sandbox.PRINTED + 20
    assert outcome.printed.endswith("… and so on")


def test_numpy_s_warnings_are_printed_once(write):
    path = write("import numpy as np\ndef f(x):\n    return np.exp(1000 * x)\n")
    outcome = sandbox.run(path, [Call("f", (X,))] * 3)
    assert all(reply.fault is None for reply in outcome.replies)
    assert outcome.printed.count("RuntimeWarning: overflow encountered in exp") == 1


def test_nobody_waits_for_a_key(write):
    found = fault(write("def f():\n    return input()\n"))
    assert found.message.startswith("EOFError")


def test_several_at_a_time(write):
    path = write("import time\ndef f(x):\n    time.sleep(0.1)\n    return x\n")
    came = {}
    threads = [
        threading.Thread(target=lambda i=i: came.update({i: run_one(path, i)[1].value})) for i in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert came == {i: i for i in range(4)}
