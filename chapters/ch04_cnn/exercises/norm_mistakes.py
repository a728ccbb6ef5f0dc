"""Mistakes that are usual for batch normalization, over whichever axes mean and variance go."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Part

Axes = int | tuple[int, ...]


def usual_forward(part: Part, axis: Axes) -> None:
    """Teach the mistakes of a forward pass of x, gamma, beta and epsilon."""

    def moments(x):
        return x.mean(axis=axis), x.var(axis=axis)

    @part.mistake("all together")
    def _(x, gamma, beta, epsilon):
        """All features share one mean and one variance. How many of each should there be?"""
        return gamma * (x - x.mean()) / np.sqrt(x.var() + epsilon) + beta

    @part.mistake("factor, n minus 1")
    def _(x, gamma, beta, epsilon):
        """The variance was divided by n − 1. Statisticians do so for good reasons: what does the task divide by?"""
        return gamma * (x - x.mean(axis=axis)) / np.sqrt(x.var(axis=axis, ddof=1) + epsilon) + beta

    @part.mistake("epsilon")
    def _(x, gamma, beta, epsilon):
        """epsilon was added to the deviation. Is it inside the root or outside?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / (np.sqrt(variance) + epsilon) + beta

    @part.mistake("epsilon, left out")
    def _(x, gamma, beta, epsilon):
        """It is nearly right, and off most where the numbers are nearly alike. Where is epsilon?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / np.sqrt(variance) + beta

    @part.mistake("no root")
    def _(x, gamma, beta, epsilon):
        """You divide by the variance. Of what size would a feature in metres, or in millimetres, be afterwards?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / (variance + epsilon) + beta

    @part.mistake("not divided")
    def _(x, gamma, beta, epsilon):
        """The mean is taken away, and the numbers are as far apart as before. What is the deviation for?"""
        return gamma * (x - x.mean(axis=axis)) + beta

    @part.mistake("not centred")
    def _(x, gamma, beta, epsilon):
        """The numbers are divided by their deviation where they are. What should their mean be afterwards?"""
        return gamma * x / np.sqrt(x.var(axis=axis) + epsilon) + beta

    @part.mistake("root, twice")
    def _(x, gamma, beta, epsilon):
        """You take the root of the deviation. Of what is the deviation the root already?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / np.sqrt(np.sqrt(variance) + epsilon) + beta

    @part.mistake("brackets, of the power")
    def _(x, gamma, beta, epsilon):
        """`** 1 / 2` is the number itself, halved. What does Python do first, ** or /?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / ((variance + epsilon) / 2) + beta

    @part.mistake("brackets, of the negative power")
    def _(x, gamma, beta, epsilon):
        """`** -1 / 2` is one divided by the number, halved. What does Python do first, ** or /?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / (variance + epsilon) / 2 + beta

    @part.mistake("no root, times")
    def _(x, gamma, beta, epsilon):
        """You multiply by the deviation. Of what size would a feature in metres, or in millimetres, be afterwards?"""
        mean, variance = moments(x)
        return gamma * (x - mean) * np.sqrt(variance + epsilon) + beta

    @part.mistake("brackets")
    def _(x, gamma, beta, epsilon):
        """You divide the mean alone, x itself is not divided. What does Python do first?"""
        mean, variance = moments(x)
        return gamma * (x - mean / np.sqrt(variance + epsilon)) + beta

    @part.mistake("order")
    def _(x, gamma, beta, epsilon):
        """beta is added before gamma multiplies. What is done first, and what last?"""
        mean, variance = moments(x)
        return gamma * ((x - mean) / np.sqrt(variance + epsilon) + beta)

    @part.mistake("factor, gamma")
    def _(x, gamma, beta, epsilon):
        """You divide by gamma. What does it do with x̂?"""
        mean, variance = moments(x)
        return (x - mean) / np.sqrt(variance + epsilon) / gamma + beta

    @part.mistake("factor, sum for mean")
    def _(x, gamma, beta, epsilon):
        """Your variance is the sum of the squares. By what is it to be divided?"""
        mean, variance = moments(x)
        return gamma * (x - mean) / np.sqrt(variance * size(x, axis) + epsilon) + beta

    @part.mistake("range")
    def _(x, gamma, beta, epsilon):
        """You bring the smallest to 0 and the largest to 1. Which mean and which variance are asked for?"""
        low, high = x.min(axis=axis), x.max(axis=axis)
        return gamma * (x - low) / (high - low + epsilon) + beta

    @part.mistake("squares")
    def _(x, gamma, beta, epsilon):
        """Your variance is the mean of x². Of what is it the mean square?"""
        return gamma * (x - x.mean(axis=axis)) / np.sqrt((x**2).mean(axis=axis) + epsilon) + beta


def ways(gy, x, gamma, epsilon, axis, mean=1.0, variance=1.0, count=None, deviation=None):
    """The gradients for x, gamma and beta, with each way by which x reaches y as strong as told.

    The means have `count` members; `deviation` is another one to divide by.
    """
    moved = x - x.mean(axis=axis, keepdims=True)
    right = np.sqrt(x.var(axis=axis, keepdims=True) + epsilon)
    normal, g = moved / (right if deviation is None else deviation), gy * gamma
    many = count or size(x, axis)
    by_mean = g.sum(axis=axis, keepdims=True) / many
    by_variance = normal * (g * normal).sum(axis=axis, keepdims=True) / many
    gx = (g - mean * by_mean - variance * by_variance) / (right if deviation is None else deviation)
    return gx, (gy * normal).sum(axis=axis), gy.sum(axis=axis)


def size(x, axis):
    """Over how many numbers a mean goes."""
    return x.size // x.mean(axis=axis).size


def usual_gradients(part: Part, axis: Axes) -> None:
    """Teach the mistakes of the way back: a function of gy, x, gamma and epsilon, for x, gamma and beta."""

    def deviation(x, epsilon, ddof=0):
        return np.sqrt(x.var(axis=axis, keepdims=True, ddof=ddof) + epsilon)

    @part.mistake("constants")
    def _(gy, x, gamma, epsilon):
        """Mean and variance are treated as constants. But they are made of x: what do they do if one x moves?"""
        return ways(gy, x, gamma, epsilon, axis, mean=0, variance=0)

    @part.mistake("constants, variance")
    def _(gy, x, gamma, epsilon):
        """You have the way by the mean, but the variance is treated as a constant. What does it do if one x moves away
        from the mean?"""
        return ways(gy, x, gamma, epsilon, axis, variance=0)

    @part.mistake("constants, mean")
    def _(gy, x, gamma, epsilon):
        """You have the way by the variance, but the mean is treated as a constant. What does it do if one x grows, and
        what do all members of the batch feel of it?"""
        return ways(gy, x, gamma, epsilon, axis, mean=0)

    @part.mistake("factor, gamma")
    def _(gy, x, gamma, epsilon):
        """The gradient of x is that without gamma. What stands between y and x̂?"""
        return ways(gy, x, np.ones(gamma.shape), epsilon, axis)

    @part.mistake("factor, gamma twice")
    def _(gy, x, gamma, epsilon):
        """gamma is in the gradient of x twice. How often does it stand between y and x̂?"""
        return ways(gy, x, gamma**2, epsilon, axis)

    @part.mistake("factor, no deviation")
    def _(gy, x, gamma, epsilon):
        """What comes down to x̂ is right. From x̂ to x there is one division more."""
        gx, *others = ways(gy, x, gamma, epsilon, axis)
        return gx * deviation(x, epsilon), *others

    @part.mistake("factor, times the deviation")
    def _(gy, x, gamma, epsilon):
        """From x̂ to x you multiply by the deviation. Does x̂ move much with x if the deviation is large, or little?"""
        gx, *others = ways(gy, x, gamma, epsilon, axis)
        return gx * deviation(x, epsilon) ** 2, *others

    @part.mistake("factor, deviation twice")
    def _(gy, x, gamma, epsilon):
        """The gradient of x is divided by the deviation twice, that is, by the variance. Of what is x̂ a fraction?"""
        gx, *others = ways(gy, x, gamma, epsilon, axis)
        return gx / deviation(x, epsilon), *others

    @part.mistake("no root")
    def _(gy, x, gamma, epsilon):
        """You divide by the variance everywhere. What did the forward pass divide by?"""
        return ways(gy, x, gamma, epsilon, axis, deviation=deviation(x, epsilon) ** 2)

    for slope in ("n", "n minus 1"):

        @part.mistake(f"factor, n minus 1 with {slope} in the slope")
        def _(gy, x, gamma, epsilon, slope=slope):
            """Your variance is divided by n − 1. What did the forward pass divide by?"""
            n, other = size(x, axis), deviation(x, epsilon, ddof=1)
            return ways(gy, x, gamma, epsilon, axis, 1, 1 if slope == "n" else n / (n - 1), deviation=other)

    @part.mistake("wrong point")
    def _(gy, x, gamma, epsilon):
        """For gamma you sum up gy times x. With what is gamma multiplied on the way forward?"""
        gx, _, gbeta = ways(gy, x, gamma, epsilon, axis)
        return gx, (gy * x).sum(axis=axis), gbeta

    @part.mistake("wrong point, y")
    def _(gy, x, y, gamma, epsilon):
        """For gamma you sum up gy times y. With what is gamma multiplied on the way forward?"""
        gx, _, gbeta = ways(gy, x, gamma, epsilon, axis)
        return gx, (gy * y).sum(axis=axis), gbeta

    @part.mistake("factor, no deviation for gamma")
    def _(gy, x, gamma, epsilon):
        """For gamma you sum up gy times x without its mean. Is that x̂ already?"""
        gx, _, gbeta = ways(gy, x, gamma, epsilon, axis)
        return gx, (gy * (x - x.mean(axis=axis))).sum(axis=axis), gbeta

    @part.mistake("wrong point, x")
    def _(gy, x, gamma, epsilon):
        """In the way by the variance stands x, before the mean. How does the variance move if x does, x or x̂?"""
        right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
        normal, g = (x - x.mean(axis=axis, keepdims=True)) / right, gy * gamma
        over = {"axis": axis, "keepdims": True}
        return (g - g.mean(**over) - x * (g * normal).mean(**over)) / right, *others

    @part.mistake("wrong point, x in the mean")
    def _(gy, x, gamma, epsilon):
        """In the way by the variance you take the mean of g times x. What is taken away from x before it is squared?"""
        right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
        normal, g = (x - x.mean(axis=axis, keepdims=True)) / right, gy * gamma
        over = {"axis": axis, "keepdims": True}
        return (g - g.mean(**over) - normal * (g * x).mean(**over)) / right, *others

    for inside in ("once", "in both places"):

        @part.mistake(f"wrong point, x over the deviation {inside}")
        def _(gy, x, gamma, epsilon, both=inside != "once"):
            """Look at the way by the variance. How does (x − mean)² move if x does?"""
            off = x / deviation(x, epsilon)
            return with_variance(
                gy, x, gamma, epsilon, lambda g, normal: off * (g * (off if both else normal)).mean(axis=axis)
            )

    @part.mistake("wrong point, x over the deviation in the mean")
    def _(gy, x, gamma, epsilon):
        """In the way by the variance you take the mean of g times x. What is taken away from x before it is squared?"""
        off = x / deviation(x, epsilon)
        return with_variance(gy, x, gamma, epsilon, lambda g, normal: normal * (g * off).mean(axis=axis))

    @part.mistake("all together")
    def _(gy, x, gamma, epsilon):
        """x̂ is right, but the ways by mean and variance go over all features together. How many means are there?"""
        right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
        normal, g = (x - x.mean(axis=axis, keepdims=True)) / right, gy * gamma
        return (g - g.mean() - normal * (g * normal).mean()) / right, *others

    @part.mistake("all together, x̂")
    def _(gy, x, gamma, epsilon):
        """Your x̂ has one mean and one variance for all features. How many of each were there on the way forward?"""
        right, g = np.sqrt(x.var() + epsilon), gy * gamma
        normal = (x - x.mean()) / right
        gx = (g - g.mean(axis=axis) - normal * (g * normal).mean(axis=axis)) / right
        return gx, (gy * normal).sum(axis=axis), gy.sum(axis=axis)

    def with_variance(gy, x, gamma, epsilon, way):
        """The gradients, the way by the variance made of g and x̂ by `way`."""
        right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
        normal, g = (x - x.mean(axis=axis, keepdims=True)) / right, gy * gamma
        return (g - g.mean(axis=axis, keepdims=True) - way(g, normal)) / right, *others

    @part.mistake("left out")
    def _(gy, x, gamma, epsilon):
        """What comes by the variance is the same for all members in yours. Which of them moves the variance most?"""
        return with_variance(gy, x, gamma, epsilon, lambda g, normal: (g * normal).mean(axis=axis))

    @part.mistake("left out, in the mean")
    def _(gy, x, gamma, epsilon):
        """In the way by the variance you take the mean of g alone. Does a change of the variance move all x̂ alike?"""
        return with_variance(gy, x, gamma, epsilon, lambda g, normal: normal * g.mean(axis=axis))

    @part.mistake("cross terms, by the variance")
    def _(gy, x, gamma, epsilon):
        """By the variance each x moves its own x̂ alone in yours. Who else is divided by it?"""
        return with_variance(gy, x, gamma, epsilon, lambda g, normal: normal * g * normal / size(x, axis))

    @part.mistake("cross terms, by the mean")
    def _(gy, x, gamma, epsilon):
        """By the mean each x moves its own x̂ alone in yours. From whom else is it taken away?"""
        right, g = deviation(x, epsilon), gy * gamma
        gx, *others = ways(gy, x, gamma, epsilon, axis, mean=0)
        return gx - g / size(x, axis) / right, *others

    @part.mistake("cross terms")
    def _(gy, x, gamma, epsilon):
        """By the mean and by the variance each x moves its own x̂ alone in yours. Who else hears of them?"""
        right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
        normal = (x - x.mean(axis=axis, keepdims=True)) / right
        return gy * gamma * (1 - 1 / size(x, axis) - normal**2 / size(x, axis)) / right, *others

    @part.mistake("factor, sums for means")
    def _(gy, x, gamma, epsilon):
        """The ways by the mean and by the variance are there, but too strong. By how much does a mean of n numbers move
        if one of them does?"""
        return ways(gy, x, gamma, epsilon, axis, count=1)

    @part.mistake("factor, sums for means by the mean")
    def _(gy, x, gamma, epsilon):
        """The way by the mean is there, but too strong. By how much does a mean of n numbers move if one of them
        does?"""
        return ways(gy, x, gamma, epsilon, axis, mean=size(x, axis))

    @part.mistake("factor, sums for means by the variance")
    def _(gy, x, gamma, epsilon):
        """The way by the variance is there, but too strong. By how much does a mean of n squares move if one of them
        does?"""
        return ways(gy, x, gamma, epsilon, axis, variance=size(x, axis))

    @part.mistake("factor, half variance")
    def _(gy, x, gamma, epsilon):
        """The way by the variance is there, but only half of it. What is the slope of a square?"""
        return ways(gy, x, gamma, epsilon, axis, variance=0.5)

    @part.mistake("factor, double variance")
    def _(gy, x, gamma, epsilon):
        """The way by the variance is there, but twice as strong as it should be. What is the slope of a root?"""
        return ways(gy, x, gamma, epsilon, axis, variance=2)

    for power in (-2, -1, 1, 2):

        @part.mistake(f"factor, power {power}")
        def _(gy, x, gamma, epsilon, power=power):
            """The way by the variance has the wrong power of it. What is the slope of v to the power −1/2?"""
            return ways(gy, x, gamma, epsilon, axis, variance=deviation(x, epsilon) ** power)

    @part.mistake("brackets, of the power")
    def _(gy, x, gamma, epsilon):
        """`** -3 / 2` is the third power in the denominator, halved. What does Python do first, ** or /?"""
        return ways(gy, x, gamma, epsilon, axis, variance=deviation(x, epsilon) ** -3 / 2)

    @part.mistake("factor, minus a half")
    def _(gy, x, gamma, epsilon):
        """The way by the variance lacks a factor and has the wrong sign. What is the slope of v to the power −1/2?"""
        return ways(gy, x, gamma, epsilon, axis, variance=-2)

    @part.mistake("brackets, of the root")
    def _(gy, x, gamma, epsilon):
        """`** 1 / 2` is the number itself, halved. What does Python do first, ** or /?"""
        return ways(gy, x, gamma, epsilon, axis, deviation=deviation(x, epsilon) ** 2 / 2)

    for power in (-1, 1):

        @part.mistake(f"factor, power {power} in the mean")
        def _(gy, x, gamma, epsilon, power=power):
            """The way by the mean and the direct one are not divided by the same. By how much does x̂ move if the mean
            does?"""
            return ways(gy, x, gamma, epsilon, axis, mean=deviation(x, epsilon) ** power)

    @part.mistake("factor, sign")
    def _(gy, x, gamma, epsilon):
        """All three ways are there, but that by the variance has the wrong sign. Does x̂ grow if the variance does?"""
        return ways(gy, x, gamma, epsilon, axis, variance=-1)

    @part.mistake("factor, sign of the mean")
    def _(gy, x, gamma, epsilon):
        """All three ways are there, but that by the mean has the wrong sign. Does x̂ grow if the mean does?"""
        return ways(gy, x, gamma, epsilon, axis, mean=-1)

    @part.mistake("factor, both signs")
    def _(gy, x, gamma, epsilon):
        """The ways by mean and variance have the wrong sign. Does x̂ grow if the mean does?"""
        return ways(gy, x, gamma, epsilon, axis, mean=-1, variance=-1)

    for missing in ("mean", "variance", "mean and variance"):

        @part.mistake(f"factor, no gamma by {missing}")
        def _(gy, x, gamma, epsilon, missing=missing):
            """gamma is in the direct way, and missing in another. Through what do all three ways reach y?"""
            right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
            normal = (x - x.mean(axis=axis, keepdims=True)) / right
            by_mean, by_variance = gy.mean(axis=axis), normal * (gy * normal).mean(axis=axis)
            by_mean = by_mean * (1 if "mean" in missing else gamma)
            by_variance = by_variance * (1 if "variance" in missing else gamma)
            return (gy * gamma - by_mean - by_variance) / right, *others

    for divided in ("direct", "last"):

        @part.mistake(f"brackets, {divided} way")
        def _(gy, x, gamma, epsilon, divided=divided):
            """Only one of the ways is divided by the deviation. What does Python do first, − or /?"""
            right, (_, *others) = deviation(x, epsilon), ways(gy, x, gamma, epsilon, axis)
            normal, g = (x - x.mean(axis=axis, keepdims=True)) / right, gy * gamma
            by_mean, by_variance = g.mean(axis=axis), normal * (g * normal).mean(axis=axis)
            if divided == "direct":
                return g / right - by_mean - by_variance, *others
            return g - by_mean - by_variance / right, *others

    @part.mistake("factor, n minus 1 in the means")
    def _(gy, x, gamma, epsilon):
        """The ways by mean and variance are divided by n − 1. How many members has the mean on the way forward?"""
        return ways(gy, x, gamma, epsilon, axis, count=size(x, axis) - 1)

    @part.mistake("epsilon")
    def _(gy, x, gamma, epsilon):
        """It is nearly right, and far off where the numbers are nearly alike. Where is your epsilon?"""
        return ways(gy, x, gamma, 1e-12, axis)

    @part.mistake("epsilon, outside")
    def _(gy, x, gamma, epsilon):
        """Your epsilon was added to the deviation. Is it inside the root or outside?"""
        outside = x.std(axis=axis, keepdims=True) + epsilon
        return ways(gy, x, gamma, epsilon, axis, deviation=outside)
