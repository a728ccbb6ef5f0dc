"""The conventions of the house, tested: exports, import order, docstrings, README and .ci/run.

Everything that can be seen in the text is read with `ast`, so that a rule holds for code no other test runs.
"""

from __future__ import annotations

import ast
import configparser
import doctest
import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tinydl
from tinydl.op import OPS, op

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted((ROOT / "tinydl").rglob("*.py"))
README = ROOT / "README.md"
DOOR = ROOT / "tinydl" / "__init__.py"
PROJECT = PACKAGE + [
    path for room in ("chapters", "tests", "benchmarks") for path in (ROOT / room).rglob("*.py")
]
MAX_LINES = 420

# Left to right: each room may import from its own line and from the lines above it.
ORDER = [
    ["backend"],
    ["kernels", "transfer", "recording"],
    ["threads"],
    ["checks", "files", "lookup"],
    ["autograd"],
    ["op"],
    ["syntax"],
    ["tensor"],
    ["ops"],
    ["activations", "initializers", "schedules"],
    ["layers", "losses", "metrics", "optimizers", "datasets"],
    ["data_adapter", "interruption", "tracking"],
    ["callbacks", "checkpoint", "gradcheck", "keras_config", "keras_weights", "plot", "replay", "steps"],
    ["training"],
    ["models"],
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}

PUBLIC_SURFACE = {
    "tinydl": """
        Model Sequential Tensor callbacks datasets device grad gradcheck initializers layers losses
        metrics no_grad ops optimizers plot schedules set_device set_random_seed""",
    "tinydl.Tensor": """
        astype backward data detach device grad item max mean min numpy reshape sum to transpose var
        zero_grad""",
    "tinydl.Model": """
        compile evaluate fit get_weights load_weights predict save_weights set_weights summary
        to train_on_batch trainable_weights weights""",
    "tinydl.ops": """
        abs average_pool2d broadcast_to clip concatenate conv2d conv2d_transpose einsum elu exp gelu
        leaky_relu log log_softmax logsumexp matmul max max_pool2d maximum mean min minimum pad relu
        reshape resize selu sigmoid silu softmax softplus sqrt square stack sum tanh transpose var
        where""",
    "tinydl.layers": """
        Activation AveragePooling2D BatchNormalization Conv2D Conv2DTranspose Dense Dropout ELU
        Embedding Flatten GaussianNoise GlobalAveragePooling2D GlobalMaxPooling2D Input
        LayerNormalization LeakyReLU MaxPooling2D ReLU Rescaling Reshape Softmax UpSampling2D
        ZeroPadding2D""",
    "tinydl.callbacks": """
        CSVLogger Callback EarlyStopping History LearningRateScheduler ModelCheckpoint TensorBoard""",
    "tinydl.datasets": "cifar10 fashion_mnist image_folder mnist synthetic",
    "tinydl.gradcheck": "check",
    "tinydl.optimizers": "Adam AdamW RMSprop SGD",
}


def name(path: Path) -> str:
    """A file as it is written in a message: relative to the project, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """tinydl/ops/__init__.py -> tinydl.ops"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the last part of what is called: `path.read_text()` -> read_text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            yield node, called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


# ---- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_exported_names_are_sorted_and_exist(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    if path.name == "__init__.py":
        assert hasattr(module, "__all__"), f"{name(path)}: say in __all__ what the package offers"
    exported = list(getattr(module, "__all__", []))
    assert exported == sorted(set(exported)), f"{name(path)}: sort __all__"
    missing = [each for each in exported if not hasattr(module, each)]
    assert not missing, f"{name(path)}: __all__ names what is not there: {missing}"


@pytest.mark.parametrize("owner", PUBLIC_SURFACE)
def test_public_surface_is_there(owner: str) -> None:
    thing: object = tinydl
    for part in owner.split(".")[1:]:
        thing = getattr(thing, part)
    exported = getattr(thing, "__all__", dir(thing))
    # What __init__ sets, such as `data`, shows in the class only as a slot, a property or an annotation.
    declared = set(exported) | set(getattr(thing, "__annotations__", {}))
    missing = [each for each in PUBLIC_SURFACE[owner].split() if each not in declared]
    assert not missing, f"{owner} lacks {missing}"


# ---- rooms -------------------------------------------------------------------------------------------------


def imported_modules(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module a file imports, wherever in it the import stands; not what only a type checker reads."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return
    if isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    elif isinstance(tree, ast.ImportFrom):
        base = tree.module or ""
        if tree.level:  # from .base import Layer
            parents = package.split(".")[: len(package.split(".")) - tree.level + 1]
            base = ".".join(parents + ([base] if base else []))
        # `from tinydl import ops` imports tinydl.ops; `from tinydl.ops import relu` stays in tinydl.ops.
        yield from (f"{base}.{alias.name}" for alias in tree.names)
    for child in ast.iter_child_nodes(tree):
        yield from imported_modules(child, package)


def forbidden_imports(module: str, is_package: bool, source: str) -> list[str]:
    """What a module of tinydl imports although it stands to the right of it, or outside the package."""
    package = module if is_package else module.rpartition(".")[0]
    room = module.split(".")[1]
    wrong = []
    for target in imported_modules(ast.parse(source), package):
        top, _, rest = target.partition(".")
        if top in ("chapters", "benchmarks", "tests"):
            wrong.append(target)
        elif top == "tinydl":  # a name of the package itself, such as Tensor, drags the whole house in
            other = rest.split(".")[0]
            if other not in RANK or (other != room and RANK[other] > RANK[room]):
                wrong.append(target)
    return wrong


@pytest.mark.parametrize("path", [path for path in PACKAGE if path != DOOR], ids=name)
def test_rooms_import_only_from_their_left(path: Path) -> None:
    module = module_name(path)
    room = module.split(".")[1]
    assert room in RANK, f"{name(path)}: give the new room its place, in ORDER here and in setup.cfg"
    wrong = forbidden_imports(module, path.name == "__init__.py", path.read_text(encoding="utf-8"))
    assert not wrong, f"{name(path)} imports {wrong}, to its right or outside the package"


def imports_cupy(source: str) -> bool:
    """Also under another name, inside a function, or through importlib."""
    tree = ast.parse(source)
    named = {target.split(".")[0] for target in imported_modules(tree, "")}
    for call, called in calls(tree):
        if called in ("import_module", "__import__", "importorskip"):
            named |= {
                str(ast.literal_eval(each)).split(".")[0]
                for each in call.args
                if isinstance(each, ast.Constant)
            }
    return bool(named & {"cupy", "cupyx"})


def test_only_the_backend_imports_cupy() -> None:
    code = [path for path in PROJECT if (ROOT / "tests") not in path.parents]
    guilty = [name(path) for path in code if imports_cupy(path.read_text(encoding="utf-8"))]
    allowed = "tinydl/backend.py"
    assert set(guilty) <= {allowed}, (
        f"{guilty}: only {allowed} may; ask its array_module for an array's library"
    )


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_no_file_is_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{name(path)} has {lines} lines: two ideas, two files"


# ---- docstrings and types ----------------------------------------------------------------------------------

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public classes, functions and methods with their dotted names; not what stands inside a function."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node, prefix + node.name + ".")


def explained_by_a_base(path: Path, dotted: str) -> bool:
    """Does this method only fill in one that a base class has explained?"""
    owner: object = importlib.import_module(module_name(path))
    *classes, method = dotted.split(".")
    for part in classes:
        owner = getattr(owner, part)
    bases = owner.__mro__[1:] if isinstance(owner, type) else ()
    return any(getattr(vars(base).get(method), "__doc__", None) for base in bases)


def is_second_half(node: Definition) -> bool:
    """A setter or an overload: what it is about stands at the other definition of that name."""
    marks = [ast.unparse(each) for each in node.decorator_list]
    return any(mark.endswith((".setter", "overload")) for mark in marks)


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_public_names_have_docstrings(path: Path) -> None:
    tree = parse(path)
    assert ast.get_docstring(tree), f"{name(path)}: say in the first line what this room is about"
    silent = [
        dotted
        for dotted, node in public_definitions(tree)
        if not (ast.get_docstring(node) or is_second_half(node) or explained_by_a_base(path, dotted))
    ]
    assert not silent, f"{name(path)}: no docstring: {silent}"


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_public_signatures_are_typed(path: Path) -> None:
    untyped = []
    for dotted, node in public_definitions(parse(path)):
        if isinstance(node, ast.ClassDef):
            continue
        given = node.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        bare = [a.arg for a in arguments if a and not a.annotation and a.arg not in ("self", "cls")]
        if bare or node.returns is None:
            untyped.append(dotted)
    assert not untyped, f"{name(path)}: annotate every parameter and the result of {untyped}"


@pytest.mark.parametrize("package", ["tinydl.ops", "tinydl.layers"])
def test_ops_and_layers_show_an_example_that_runs(package: str) -> None:
    """`pytest --doctest-modules` runs them; here: there is one, and the collector finds it."""
    namespace = importlib.import_module(package)
    without = []
    for each in namespace.__all__:
        thing = getattr(namespace, each)
        home = getattr(thing, "__module__", "")
        # Not for add, sum and their like, which Python and NumPy users know, nor for the naive forms.
        if not home.startswith(package) or each.endswith("_naive"):
            continue
        lessons = doctest.DocTestFinder().find(importlib.import_module(home))
        if not any(test.examples and test.name == f"{home}.{thing.__name__}" for test in lessons):
            without.append(each)
    assert not without, f"{package}: no Example in the docstring of {without}"


# ---- files -------------------------------------------------------------------------------------------------


BINARY_MODES = {mode + plus for mode in ("rb", "wb", "xb", "ab") for plus in ("", "+")} | {"r+b", "w+b"}
BYTES_ONLY = ("Image", "gzip", "tarfile", "zipfile", "webbrowser")  # whose open() deals in bytes


def opens_without_encoding(tree: ast.AST) -> list[int]:
    """Lines that open text and leave its encoding to the machine."""
    lines = []
    for call, called in calls(tree):
        owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if called not in ("open", "fdopen", "read_text", "write_text") or owner in BYTES_ONLY:
            continue
        if (owner, called) == ("os", "open"):  # gives a number, no file
            continue
        arguments = [*call.args, *(word.value for word in call.keywords)]
        binary = any(isinstance(each, ast.Constant) and each.value in BINARY_MODES for each in arguments)
        if not binary and not any(word.arg in ("encoding", None) for word in call.keywords):
            lines.append(call.lineno)
    return lines


@pytest.mark.parametrize("path", PROJECT, ids=name)
def test_text_files_name_their_encoding(path: Path) -> None:
    lines = opens_without_encoding(parse(path))
    assert not lines, f"{name(path)}, lines {lines}: name the encoding, or open in binary"


def unpickles(tree: ast.AST) -> list[int]:
    """Lines through which a file could run code of its own: pickle and its kin, or NumPy told to use it."""
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for target in imported_modules(node, "")
        if target.split(".")[0] in ("pickle", "cPickle", "dill", "joblib", "shelve", "marshal")
    ]
    for call, _ in calls(tree):
        for word in call.keywords:
            if word.arg == "allow_pickle" and ast.unparse(word.value) != "False":
                lines.append(call.lineno)
    return lines


@pytest.mark.parametrize("path", PROJECT, ids=name)
def test_nothing_is_unpickled(path: Path) -> None:
    lines = unpickles(parse(path))
    assert not lines, f"{name(path)}, lines {lines}: no pickle; np.load(..., allow_pickle=False)"


@pytest.mark.parametrize(
    ("finds", "source"),
    [
        (imports_cupy, "def f():\n    import cupy as cp"),
        (imports_cupy, "from cupyx.scipy import special"),
        (imports_cupy, "importlib.import_module('cupy')"),
        (lambda source: forbidden_imports("tinydl.ops.image", False, source), "from ..models import Model"),
        (lambda source: forbidden_imports("tinydl.ops.image", False, source), "from tinydl import Tensor"),
        (lambda source: forbidden_imports("tinydl.ops.image", False, source), "import tinydl"),
        (
            lambda source: forbidden_imports("tinydl.ops", True, source),
            "from . import x\nfrom .. import layers",
        ),
        (lambda source: forbidden_imports("tinydl.models", False, source), "import chapters.ch04_cnn"),
        (lambda source: opens_without_encoding(ast.parse(source)), "open(path)"),
        (lambda source: opens_without_encoding(ast.parse(source)), "path.open('w')"),
        (lambda source: opens_without_encoding(ast.parse(source)), "path.write_text('rb or not')"),
        (lambda source: unpickles(ast.parse(source)), "from pickle import load"),
        (lambda source: unpickles(ast.parse(source)), "np.load(path, allow_pickle=True)"),
    ],
)
def test_the_checks_above_can_fail(finds: Callable[[str], object], source: str) -> None:
    assert finds(source)


def test_the_checks_above_let_good_code_pass() -> None:
    good = (
        "from ..backend import Array\nfrom .activation import relu\nopen(p, 'rb')\nopen(p, encoding='utf-8')"
    )
    assert not imports_cupy(good)
    assert not forbidden_imports("tinydl.ops.image", False, good)
    assert not opens_without_encoding(ast.parse(good))
    assert not unpickles(ast.parse(good + "\nnp.load(path, allow_pickle=False)"))


# ---- README, CONTRIBUTING, .ci/run -------------------------------------------------------------------------


def section(text: str, heading: str) -> str:
    """What stands under `## heading`, up to the next heading of its rank."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading '## {heading}'"
    return found.group(1)


def fenced(text: str, language: str = r"\w*") -> list[str]:
    """The contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("heading", ["Run", "Test"])
def test_readme_gives_one_line_to_paste(heading: str) -> None:
    blocks = fenced(section(README.read_text(encoding="utf-8"), heading))
    assert len(blocks) == 1, f"## {heading}: one fenced block, not {len(blocks)}"
    assert blocks[0].count("\n") == 1, f"## {heading}: one line, not {blocks[0]!r}"
    assert blocks[0].startswith("python3 -m venv .venv && "), "it makes its own environment"
    assert ".venv/bin/python -m pip install" in blocks[0]


def test_ci_takes_its_commands_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command Test" in script and "readme_command Run" in script
    for heading in ("Run", "Test"):
        (command,) = fenced(section(README.read_text(encoding="utf-8"), heading))
        last = command.strip().rpartition(" && ")[2]
        assert f"{last}\n" not in script, (
            f".ci/run writes out {last!r} where it should take it from the README"
        )


def test_running_needs_four_packages_only() -> None:
    settings = configparser.RawConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    needed = re.findall(r"^[a-z]+", settings["options"]["install_requires"], re.MULTILINE)
    assert sorted(needed) == ["matplotlib", "numpy", "pillow", "rich"]


PAGES = ["CONTRIBUTING.md", "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_code_in_the_pages_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinydl.op.OPS", {})  # the ops that the pages make stay out of the package's list
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [block for block in fenced(text, "python") if ">>>" in block]
    assert blocks, f"{page} shows no code"
    lesson = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    told: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.FAIL_FAST
    doctest.DocTestRunner(optionflags=flags).run(lesson, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("page", PAGES)
def test_files_that_the_pages_name_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert targets and not missing, f"{page} points at what is not there: {missing}"


@pytest.mark.parametrize("path", [path for path in PACKAGE if path.name != "__init__.py"], ids=name)
def test_the_map_of_the_house_shows_every_room(path: Path) -> None:
    shown = re.findall(
        r"\]\((tinydl/[^)]+)\)", section(README.read_text(encoding="utf-8"), "The map of the house")
    )
    assert {name(path), name(path.parent)} & set(shown), f"say in README's map what {name(path)} answers"


# ---- gradient rules ----------------------------------------------------------------------------------------

# Parameters that choose what an op does and are never differentiated. Every other parameter is an input.
OPTIONS = set(
    """
    alpha axes axis axis1 axis2 columns condition constant_values dilation_rate dtype epsilon index indices
    device home interpolation keepdims kernel_size negative_slope output_shape pad_width padding pool_size repeats rows
    shape size strides subscripts winner x_max x_min
    """.split()
)


def without_rule(body: Any) -> list[str]:
    """The inputs of an op for which nobody has written a gradient rule."""
    if not body.differentiable:
        return []
    return [each for each in body.names if each not in body.rules and each not in OPTIONS]


def test_every_differentiable_op_has_a_rule_for_every_input() -> None:
    importlib.import_module("tinydl.ops")
    missing = {each: wanting for each, call in OPS.items() if (wanting := without_rule(call.op))}
    assert not missing, f"no gradient rule for {missing}; an option's name belongs in OPTIONS"
    optional = {each: both for each, call in OPS.items() if (both := OPTIONS & set(call.op.rules))}
    assert not optional, f"{optional} are differentiated: they are not mere options"


def test_a_forgotten_rule_is_found() -> None:
    def forgotten(x: Any, gate: Any, axis: int = -1) -> Any:
        return x * gate

    try:
        body = op(forgotten)
        body.gradient("x")(lambda gy, gate: gy * gate)
        assert without_rule(body.op) == ["gate"]
    finally:
        del OPS["forgotten"]


def test_importing_tinydl_loads_nothing_that_only_pictures_and_tables_need() -> None:
    """So that a script that trains and plots nothing starts at once."""
    heavy = ["matplotlib", "rich", "PIL", "urllib.request", "cupy", "h5py"]
    code = f"import sys, tinydl; print([name for name in {heavy} if name in sys.modules]); tinydl.plot, tinydl.datasets"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
