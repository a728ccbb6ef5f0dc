"""What is raced: the table of cases, their data, and that every library does the same work. Nothing is timed here."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import in_tinydl
from benchmarks.cases import CASES, LARGEST, LIBRARIES, PHASES, Case, contestants

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ["lenet", "small_cnn", "autoencoder", "vae", "dcgan"]

# The same cases with one or two samples, or small pictures.
TINY = {
    case.network: Case(case.name, case.title, case.network, min(case.batch, 2), case.shape)
    for case in CASES.values()
} | {"convolution": Case("convolution", "a small one", "convolution", 1, (12, 12, 16))}


def test_the_issue_is_raced_whole() -> None:
    assert [(case.network, case.batch) for case in CASES.values()] == [
        ("lenet", 128),
        ("small_cnn", 128),
        ("small_cnn", 6000),
        ("autoencoder", 512),
        ("vae", 16),
        ("vae", 128),
        ("dcgan", 20),
        ("convolution", 1),
        ("chain", 1),
    ]
    assert all(case.name == name for name, case in CASES.items())
    assert CASES["convolution"].shape == (1024, 1024, 16)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("network", [*NETWORKS, "convolution", "chain"])
def test_everybody_gets_the_same_data(network: str, phase: str) -> None:
    case = TINY[network]
    (x, y), (again, _) = case.data(phase), case.data(phase)
    np.testing.assert_array_equal(x, again)
    assert x.dtype == np.float32 and x.shape[0] == case.batches(phase) * case.batch
    if network in ("lenet", "small_cnn"):
        assert y is not None and y.dtype == np.float32
        np.testing.assert_array_equal(y.sum(axis=1), 1)
    else:
        assert y is None


@pytest.mark.parametrize("name", CASES)
def test_data_stay_small(name: str) -> None:
    case = CASES[name]
    for phase in PHASES:
        size = 4 * case.batch * int(np.prod(case.input_shape(phase)))
        assert case.batches(phase) == 1 or case.batches(phase) * size <= LARGEST


def test_pytorch_races_in_both_layouts_where_there_are_pictures() -> None:
    assert contestants(CASES["lenet"], list(LIBRARIES)) == [
        "tinydl",
        "torch:channels-first",
        "torch:channels-last",
        "keras",
        "dezero",
        "floor",
    ]
    assert contestants(CASES["autoencoder"], ["torch"]) == ["torch"]
    assert contestants(CASES["chain"], list(LIBRARIES)) == ["tinydl", "torch", "dezero"]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("network", TINY)
def test_tinydl_does_its_steps(network: str, phase: str) -> None:
    told = in_tinydl.prepare(TINY[network], phase)(2)
    assert told["seconds"] > 0
    if phase == "train" and network in NETWORKS:
        assert 0 < told["share"] < 1


# ------------------------------------------------------------------------------------------------ other libraries


def parameters(network: str) -> int:
    """How many there are in tinydl's network."""
    model = in_tinydl.compiled(network)
    return sum(weight.size for weight in model.weights)


@pytest.mark.parametrize("network", NETWORKS)
def test_pytorch_has_as_many_parameters(network: str) -> None:
    torch = pytest.importorskip("torch")
    networks = importlib.import_module("benchmarks.torch_networks")
    if network == "dcgan":
        nets = [networks.generator(64), networks.discriminator(32)]
    else:
        nets = [getattr(networks, {"vae": "VAE"}.get(network, network))()]
    assert sum(each.numel() for net in nets for each in net.parameters()) == parameters(network)
    if network in ("vae", "dcgan"):  # what comes out is a picture
        x = torch.zeros(2, 32) if network == "dcgan" else torch.zeros(2, 1, 28, 28)
        assert nets[0](x).shape == ((2, 3, 32, 32) if network == "dcgan" else (2, 1, 28, 28))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("network", TINY)
def test_pytorch_does_its_steps(network: str, phase: str) -> None:
    pytest.importorskip("torch")
    in_torch = importlib.import_module("benchmarks.in_torch")
    for name in contestants(TINY[network], ["torch"]):
        assert in_torch.prepare(TINY[network], phase, name.partition(":")[2])(2)["seconds"] > 0


DEZERO = """
import json, sys
import numpy as np
from benchmarks import in_dezero
found = {}
for name in sys.argv[1:]:
    shape = {"autoencoder": (784,), "dcgan": (3, 32, 32)}.get(name, (1, 28, 28))
    x = np.random.rand(2, *shape).astype(np.float32)
    y = np.array([3, 1], dtype=np.uint8)
    nets = []
    ready = in_dezero.ready
    in_dezero.ready = lambda *both: nets.append(ready(*both)) or nets[-1]
    model, learn = in_dezero.network(name, x)
    in_dezero.ready = ready
    loss = learn(x, y)
    params = [p for net in nets for p in net.params()]
    types = {str(a.dtype) for p in params for a in (p.data, p.grad.data)} | {str(loss.dtype)}
    found[name] = [sum(p.size for p in params), sorted(types)]
print(json.dumps(found))
"""


@pytest.mark.skipif(importlib.util.find_spec("dezero") is None, reason="needs DeZero")
def test_dezero_has_as_many_parameters_and_stays_in_float32() -> None:
    # In a process of its own: it changes NumPy to what DeZero knows.
    told = subprocess.run(
        [sys.executable, "-c", DEZERO, *NETWORKS], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found == {network: [parameters(network), ["float32"]] for network in NETWORKS}
