"""How good generated pictures are, in two numbers beside real ones: how different from each other, and how far away.

Neither loss says it. `diversity` asks whether all pictures are one and the same. `frechet` asks whether they are like
the real ones: a classifier turns each picture into 64 numbers, and two clouds of such points are compared. A `Judge`
compares always with the same real pictures.
"""

from __future__ import annotations

import numpy as np

import tinydl
from chapters import course
from chapters.ch08_gan.data import Real
from tinydl import Sequential
from tinydl.layers import Conv2D, Dense, Flatten, Input, ReLU

FEATURES = 64  # numbers that the classifier makes of a picture before it names it
PICTURES = 2500  # a side, where there are as many
Gaussian = tuple[np.ndarray, np.ndarray]  # mean (d,) and covariance (d, d)


def diversity(pictures: np.ndarray) -> float:
    """How different pictures are: the distance of two of them, root mean square of a pixel, as the mean of all pairs.

    Args:
        pictures: (n, h, w, channels), at least two.

    Example:
        >>> black, white = np.full((2, 8, 8, 1), [[[[-1.0]]], [[[1.0]]]])
        >>> diversity(np.stack([black, white, white]))  # 2, 2 and 0 apart
        1.3333333333333333
    """
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)  # (n, h·w·channels)
    squares = (flat**2).sum(axis=1)
    apart = (squares[:, None] + squares - 2 * flat @ flat.T) / flat.shape[1]  # (n, n)
    a, b = np.triu_indices(len(flat), k=1)
    return float(np.sqrt(np.maximum(apart[a, b], 0)).mean())


# --------------------------------------------------------------------------------------------- Fréchet distance


def frechet(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """How far two clouds of points are apart, each taken for a Gaussian (Heusel et al. 2017, arXiv:1706.08500).

    Few points look farther apart than many: compare numbers of as many points only, and with what two clouds of one
    kind have.

    Args:
        features_a, features_b: (n, d) and (m, d), more points than numbers each.

    Raises:
        ValueError: too few points for a covariance, of different lengths d, or not finite.

    Example:
        >>> cloud = np.random.default_rng(0).normal(size=(1000, 3))
        >>> round(frechet(cloud, cloud + [3, 4, 0]), 6)  # moved by 5: 5²
        25.0
    """
    return between_gaussians(gaussian(features_a, "features_a"), gaussian(features_b, "features_b"))


def gaussian(features: np.ndarray, name: str = "features") -> Gaussian:
    """Mean (d,) and covariance (d, d) of points (n, d), in float64."""
    if features.ndim != 2 or len(features) <= features.shape[1]:
        raise ValueError(
            f"{name}: expected (n, d) with more points n than numbers d, for their covariance; "
            f"got {features.shape}"
        )
    if not np.isfinite(features).all():
        raise ValueError(
            f"{name}: expected finite numbers, got {np.count_nonzero(~np.isfinite(features))} others"
        )
    points = features.astype(np.float64)
    return points.mean(axis=0), np.cov(points, rowvar=False).reshape(points.shape[1], -1)


def between_gaussians(one: Gaussian, other: Gaussian) -> float:
    """|m1 - m2|² + tr(C1 + C2 - 2 (C1^½ C2 C1^½)^½) (Dowson and Landau 1982, "The Fréchet distance between
    multivariate normal distributions"): how much of the way is the means', and how much the shapes'."""
    (mean1, cov1), (mean2, cov2) = one, other
    if mean1.shape != mean2.shape:
        raise ValueError(f"features: expected as many numbers a point, got {len(mean1)} and {len(mean2)}")
    half = _root(cov1)
    # What is under the root is symmetric, so the root's trace is the sum of the roots of its eigenvalues.
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ cov2 @ half), 0)).sum()
    means = ((mean1 - mean2) ** 2).sum()
    return float(means + np.trace(cov1) + np.trace(cov2) - 2 * cross)


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root: the same axes, and along each the standard deviation instead of the variance."""
    variances, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(np.maximum(variances, 0))) @ axes.T


# ------------------------------------------------------------------------------------------------------- judge


def classifier(shape: tuple[int, int, int], classes: int) -> Sequential:
    """A network that names pictures; what comes out of its layer `features` says what is on them.

    The shapes beside the layers are those of colour pictures of 32×32.
    """
    return Sequential(
        [
            Input(shape),
            Conv2D(32, 3, strides=2, padding="same", activation="relu"),  # (16, 16, 32)
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (8, 8, 64)
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (4, 4, 64)
            Flatten(),  # (1024,)
            Dense(FEATURES, name="features"),  # (64,), before relu: so none of them is 0 for all pictures
            ReLU(),
            Dense(classes, activation="softmax", name="classes"),
        ],
        name="classifier",
    )


class Judge:
    """Says how good generated pictures are, beside always the same real ones.

    Args:
        classifier: trained; its layer `features` is looked at.
        real: pictures (n, h, w, channels) from -1 to 1, two at least.
        most: pictures on a side: every second one of twice as many real ones, evenly spread, is what pictures are
            compared with, and the others say what real pictures get. Half of them all if there are fewer.

    Attributes:
        pictures: how many there are on each side.
        floor: the Fréchet distance of those other real pictures. A generator cannot be expected to get below it. None
            if there are too few for a covariance.
        diversity_real: of real pictures.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> real = np.clip(rng.normal(size=(400, 16, 16, 1)), -1, 1).astype("float32")
        >>> judge = Judge(classifier((16, 16, 1), classes=2), real)
        >>> judge.pictures, judge.distance(real[:200]) < 3 * judge.floor < judge.distance(0.5 * real[:200])
        (200, True)
    """

    def __init__(self, classifier: Sequential, real: np.ndarray, most: int = PICTURES):
        last = classifier.layers.index(classifier.get_layer("features"))
        self.extractor = Sequential([Input(real.shape[1:]), *classifier.layers[: last + 1]])
        self.pictures = min(most, len(real) // 2)
        used = spread(real, 2 * self.pictures)
        reference, rest = used[::2], used[1::2]
        self.diversity_real = diversity(reference)
        enough = self.pictures > FEATURES
        self.reference = gaussian(self.features(reference)) if enough else None
        self.floor = self.distance(rest)

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """What the classifier makes of pictures (n, h, w, channels) before it names them: (n, 64)."""
        return self.extractor.predict(pictures, batch_size=250, verbose=0)

    def distance(self, pictures: np.ndarray) -> float | None:
        """The Fréchet distance of `self.pictures` pictures from the real ones; None if those are too few.

        Raises:
            ValueError: another number of pictures, which would get another distance for it; or not finite ones.
        """
        if len(pictures) != self.pictures:
            raise ValueError(f"pictures: expected {self.pictures}, as many as real ones, got {len(pictures)}")
        if self.reference is None:
            return None
        return between_gaussians(self.reference, gaussian(self.features(pictures), "pictures' features"))


def new_judge(run: course.Run, real: Real) -> Judge:
    """Teach a classifier the classes of the data, and say how well it knows them; --resume finds it again."""
    images, quick = real.images, run.options.quick
    pictures, most = (2000, 100) if quick else (14_000, PICTURES)
    x, y = spread(images.x_train, pictures), spread(images.y_train, pictures)
    x, x_test = (2 * course.scaled(each) - 1 for each in (x, images.x_test))
    tinydl.set_random_seed(run.options.seed)
    model = classifier(x.shape[1:], len(images.class_names))
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    run.fit(model, x, y, name="classifier", epochs=1 if quick else 8, batch_size=100, verbose=0)
    accuracy = float(model.evaluate(x_test, images.y_test, batch_size=250, verbose=0)[1])
    judge = Judge(model, real.x, most)
    run.note(classifier_accuracy=accuracy, judged=judge.pictures, floor=judge.floor)
    told = "too few for a Fréchet distance" if judge.floor is None else f"a floor of {judge.floor:.2f}"
    print(
        f"The judge is a classifier that names {accuracy:.1%} of the test pictures right. It compares "
        f"{judge.pictures:,} with as many real ones: {told}."
    )
    return judge


def spread(x: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, evenly spread: of pictures that lie there class by class, some of each."""
    return x[np.linspace(0, len(x) - 1, min(most, len(x))).astype(int)]
