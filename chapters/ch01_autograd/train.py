"""Train the chapter's network on two kinds of points, and make and measure what the lesson shows.

python -m chapters run autograd                   two moons, 200 epochs
python -m chapters run autograd --data spiral     another pattern: moons, circles, spiral, corners
python -m chapters run autograd --full            1,000 epochs, and longer experiments
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import tinydl
from chapters import course
from chapters.ch01_autograd import differences, experiments, orders, patterns, pictures
from chapters.ch01_autograd.model import Value, network
from tinydl import callbacks, ops, optimizers, plot

CHAPTER = course.CHAPTERS["autograd"]
POINTS = 400  # to learn from; a thousand others to test
REACH = 2.0  # how far the drawn plane goes to each side
# After so many epochs the plane is drawn: 2, 5, 10, 20, 50 ...
SHOWN = {step * 10**power for step in (1, 2, 5) for power in range(7)} - {1}

# Of the test points, how many are told apart after 200 epochs; README.md says how it was measured.
EXPECT = {"moons": "99 %", "circles": "99 %", "spiral": "96 to 100 %", "corners": "99 %"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chapter. `argv`: its flags, as on the command line. Returns the exit status."""
    run = course.Run(CHAPTER, course.chapter_flags(CHAPTER), argv)
    with run:
        lesson(run)
    return run.status


def lesson(run: course.Run) -> None:
    """A network that learns; then, step by step, what makes it possible."""
    options = run.options
    points, targets = patterns.draw(options.data, POINTS, options.seed)  # (400, 2), (400, 1)
    run.start(options.data)
    train(run, points, targets)
    if run.interrupted:
        return
    # On the CPU, where a Value lives; in float64, in which a wrong rule and rounding are easy to tell apart.
    points, targets = points.astype(np.float64), targets.astype(np.float64)
    with tinydl.device("cpu"):
        small_steps(run)
        passing_on(run)
        is_it_right(run, points, targets)
        scalars_and_tensors(run, points, targets)
        second_order(run)
        downhill(run, points, targets)


# ---------------------------------------------------------------------------------------------- the network


def train(run: course.Run, points: np.ndarray, targets: np.ndarray) -> None:
    """Learn to tell the two kinds of points apart; draw what is answered everywhere, now and then."""
    name = run.options.data
    epochs = run.epochs(quick=20, usual=200, full=1000)
    others = patterns.draw(name, 1000, run.options.seed + 1_000_000)  # (1000, 2), (1000, 1)
    model = network()
    model.compile(optimizers.SGD(experiments.RATE), "mean_squared_error")
    plural = "s" * (epochs > 1)
    print(f"{name}: {len(points)} points, {model.count_params()} weights, {epochs} epoch{plural}")

    folder = run.out / "weights" if run.options.resume else run.empty_folder("weights")
    model.save_weights(folder / "0.npz")

    def look(epoch: int, logs: dict[str, float]) -> None:
        if epoch + 1 in SHOWN or epoch + 1 == epochs:
            model.save_weights(folder / f"{epoch + 1}.npz")
            print(f"  epoch {epoch + 1:>4}: loss {logs['loss']:.4f}, on other points {logs['val_loss']:.4f}")

    history = run.fit(
        model,
        points,
        targets,
        name=name,
        batch_size=experiments.BATCH,
        epochs=epochs,
        validation_data=others,
        callbacks=[callbacks.LambdaCallback(on_epoch_end=look)],
        verbose=0,
    )
    right = (model.predict(others[0], verbose=0) > 0) == (others[1] > 0)  # (1000, 1)
    run.note(test_accuracy=float(right.mean()))
    print(
        f"Of a thousand other points {right.mean():.1%} are told apart; expect {EXPECT[name]} after 200 epochs."
    )
    if history.history:
        run.picture("curves", plot.training_curves(history, f"Learning {name}"))
    saved = sorted(int(path.stem) for path in folder.glob("*.npz"))
    answers = {epoch: answers_everywhere(folder / f"{epoch}.npz") for epoch in saved}
    run.picture("boundary", pictures.boundary(points, targets, answers, REACH))


def answers_everywhere(weights: Path) -> np.ndarray:
    """What the network with these weights says all over the plane: (101, 101), from the lower left corner."""
    model = network()
    model.load_weights(weights)
    side = np.linspace(-REACH, REACH, 101, dtype=np.float32)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)  # (10201, 2)
    return model.predict(places, batch_size=2000, verbose=0).reshape(101, 101)


# ------------------------------------------------------------------------------------------- the experiments


def small_steps(run: course.Run) -> None:
    """How small a step is small enough?"""
    steps = 10.0 ** np.arange(-15, 0.01, 0.25)
    kinds = [(kind, dtype) for dtype in ("float64", "float32") for kind in differences.KINDS]
    errors = {each: np.array([differences.error_of(*each, h) for h in steps]) for each in kinds}
    print("Differences of the sine: the best step, and how wrong the slope is then")
    for (kind, dtype), error in errors.items():
        print(f"  {kind}, {dtype}: step {steps[error.argmin()]:.0e}, error {error.min():.0e}")
    run.picture("differences", pictures.differences(steps, errors))


def passing_on(run: course.Run) -> None:
    """A graph by hand; and what becomes of gradients that are passed on in another order."""
    run.picture("graph", pictures.graph(neuron(), "A neuron with one input, and what its mistake costs"))
    print("The slope of a + a² with a = x² at x = 2, and the turns that 12 doublings take:")
    taken = {}
    for title, way in orders.WAYS.items():
        y, x = orders.used_twice()
        taken[title] = (y, way(y), x)
        turns = len(way(orders.doublings(12)[0]))
        print(f"  {title:<32}{x.grad:>4g}{turns:>9,}")
    first, *_, last = taken
    run.picture("order", pictures.orders({each: taken[each] for each in (first, last)}))


def neuron() -> Value:
    """(w x + b - target)², its gradients found and its steps named."""
    w, x, b, target = (Value(n, name=name) for n, name in ((2, "w"), (3, "x"), (1, "b"), (5, "target")))
    product = w * x
    answer = product + b
    error = answer - target
    loss = error**2
    product.name, answer.name, error.name, loss.name = "w · x", "w · x + b", "error", "loss = error²"
    loss.backward()
    return loss


def is_it_right(run: course.Run, points: np.ndarray, targets: np.ndarray) -> None:
    """All gradients beside differences: those of all that a Value can do, and of a whole network."""
    tinydl.set_random_seed(run.options.seed)
    batch = points[: experiments.BATCH], targets[: experiments.BATCH]
    tensors, scalars = experiments.network_errors(*batch)
    values = max(map(differences.error_of_ability, differences.ABILITIES))
    run.note(gradient_error=max(tensors, scalars, values))
    print("Gradients beside central differences, the largest error relative to the largest gradient:")
    print(f"  what a Value can do {values:.0e}; 105 weights by Value {scalars:.0e}, by Tensor {tensors:.0e}")
    run.picture("tensors", plot.graph(experiments.one_layer(*batch), "One layer and its loss in tensors"))


def scalars_and_tensors(run: course.Run, points: np.ndarray, targets: np.ndarray) -> None:
    """One network twice, number by number and array by array; and what a gradient costs."""
    quick, full = run.options.quick, run.options.full
    tinydl.set_random_seed(run.options.seed)
    both = experiments.side_by_side(points, targets, steps=20 if quick else 1000 if full else 200)
    losses = np.abs(both.losses[:, 0] - both.losses[:, 1]).max()
    many, few = both.nodes
    print(
        f"{len(both.losses)} steps with scalars, {many:,} nodes a loss, and with tensors, {few} nodes; apart by"
    )
    print(
        f"  {both.gradients:.0e} in the first gradients, {losses:.0e} in losses, {both.weights:.0e} in weights"
    )
    counts = (1, 4, 20, 100) if quick else (1, 4, 20, 100, 400)
    seconds = {count: experiments.speed(points[:count], targets[:count]) for count in counts}
    faster = {count: scalars / tensors for count, (scalars, tensors) in seconds.items()}
    print("How many times as fast a step with tensors is:")
    print("  " + ", ".join(f"{count} points {times:.1f}" for count, times in faster.items()))
    run.note(scalars_and_tensors_apart=both.weights, times_as_fast=faster)
    batch = points[: experiments.BATCH], targets[: experiments.BATCH]
    most = 400 if quick else 1200
    costs = [experiments.cost(width, *batch, most) for width in (2, 4, 8, 16, 32, 64, 128, 256)]
    print("Loss and all gradients, in times of the loss alone, by backward and by differences:")
    for each in costs:
        by_differences = f"{each.differences:>7,.0f}" if each.differences else "      -"
        print(f"  {each.weights:>6,} weights {each.backward:6.1f} {by_differences}")
    run.picture("cost", pictures.cost(seconds, costs))


def second_order(run: course.Run) -> None:
    """Derivatives of derivatives, and what they are good for."""
    x = np.linspace(-np.pi, np.pi, 201)
    found = experiments.derivatives(ops.sin, x, orders=3)
    exact = (np.sin(x), np.cos(x), -np.sin(x), -np.cos(x))
    apart = [float(np.abs(a - b).max()) for a, b in zip(found, exact)]
    print("sin and its derivatives, up to the third, are off by at most", max(apart))
    searches = {
        "with the slope alone": experiments.search(second=False, steps=21),
        "with the second derivative (Newton)": experiments.search(second=True, steps=8),
    }
    run.picture("second_order", pictures.second_order(x, found, searches))


def downhill(run: course.Run, points: np.ndarray, targets: np.ndarray) -> None:
    """What a gradient is for, with two weights only, so that all of the loss can be seen."""
    w1, w2 = np.linspace(-3.5, 3.5, 71), np.linspace(-5, 3, 81)
    ways = [experiments.descend(points, targets, start, 60) for start in ((-2.5, 1.5), (3, 2), (-3, -3))]
    loss = experiments.surface(points, targets, w1, w2)
    run.picture("descent", pictures.descent(w1, w2, loss, ways, run.options.data))
