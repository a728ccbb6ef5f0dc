"""Readers' answers to the exercises of chapter 8: one move of each player, the Fréchet distance."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


def _d_slope(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    return pictures.T @ (_sigmoid(pictures @ discriminator) - labels) / len(labels)


def _g_slope(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (p @ discriminator.T) / len(points)


def _root(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes * np.sqrt(np.maximum(variances, 0)) @ axes.T


# gan_step


@wrong("gan_step", "discriminator_slope", "factor", "two means")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ (p - labels) / len(real)


@wrong("gan_step", "discriminator_slope", "factor")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ (p - labels)


@wrong("gan_step", "discriminator_slope", "one way", "one kind")
def _(generator, discriminator, points, real, labels):
    n = len(points)
    pictures = points @ generator
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ (p - labels[:n]) / (2 * n)


@wrong("gan_step", "discriminator_slope", "order", "labels")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([real, points @ generator])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ (p - labels) / len(labels)


@wrong("gan_step", "discriminator_slope", "no noise")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    labels = np.concatenate([np.ones((len(points), 1)), np.zeros((len(real), 1))])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ (p - labels) / len(labels)


@wrong("gan_step", "discriminator_slope", "broadcast")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator).ravel()  # (2n,)
    error = p - labels
    return (pictures.T @ error).mean(axis=1, keepdims=True) / len(labels)


@wrong("gan_step", "discriminator_slope", "transposed", "shape")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator)
    return (p - labels).T @ pictures / len(labels)


@wrong("gan_step", "discriminator_slope", "wrong point")
def _(generator, discriminator, points, real, labels):
    pictures = np.concatenate([points @ generator, real])
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ ((p - labels) * p * (1 - p)) / len(labels)


@right("gan_step", "discriminator_slope")
def _(generator, discriminator, points, real, labels):
    n = len(points)
    drawn = points @ generator
    to_generated = _sigmoid(drawn @ discriminator) - labels[:n]
    to_real = _sigmoid(real @ discriminator) - labels[n:]
    return (drawn.T @ to_generated + real.T @ to_real) / (2 * n)


@right("gan_step", "discriminator_slope")
def _(generator, discriminator, points, real, labels):
    slope = np.zeros(len(discriminator))
    pictures = list(points @ generator) + list(real)
    for picture, label in zip(pictures, labels[:, 0]):
        slope += (_sigmoid(picture @ discriminator[:, 0]) - label) * picture
    return slope[:, None] / len(pictures)


@wrong("gan_step", "generator_slope", "factor")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ p @ discriminator.T


@wrong("gan_step", "generator_slope", "label")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (p - 1) @ discriminator.T / len(points)


@wrong("gan_step", "generator_slope", "saturating")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (1 - p) @ discriminator.T / len(points)


@wrong("gan_step", "generator_slope", "wrong point")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ (p * (1 - p)) @ discriminator.T / len(points)


@wrong("gan_step", "generator_slope", "transposed")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    to_pictures = p @ discriminator.T / len(points)
    return to_pictures.T @ points


@wrong("gan_step", "generator_slope", "chain", "shape")
def _(generator, discriminator, points):
    p = _sigmoid(points @ generator @ discriminator)
    return points.T @ p / len(points)  # up to the discriminator


@wrong("gan_step", "generator_slope", "wrong point")
def _(generator, discriminator, points):
    pictures = points @ generator
    p = _sigmoid(pictures @ discriminator)
    return pictures.T @ p @ discriminator.T / len(points)


@wrong("gan_step", "generator_slope", "sum missing")
def _(generator, discriminator, points):
    for z in points:
        p = _sigmoid(z @ generator @ discriminator)
        slope = np.outer(z, p * discriminator[:, 0]) / len(points)
    return slope


@right("gan_step", "generator_slope")
def _(generator, discriminator, points):
    slope = np.zeros_like(generator)
    for z in points:
        p = _sigmoid((z @ generator @ discriminator).item())
        slope += p * np.outer(z, discriminator)
    return slope / len(points)


@right("gan_step", "generator_slope")
def _(generator, discriminator, points):
    p = _sigmoid(np.einsum("nk,kd,do->n", points, generator, discriminator))
    return np.outer((points * p[:, None]).mean(axis=0), discriminator[:, 0])


@wrong("gan_step", "gan_step", "at once")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = np.clip(_d_slope(generator, discriminator, points, real, labels), -clip, clip)
    to_g = np.clip(_g_slope(generator, discriminator, more_points), -clip, clip)
    return discriminator - d_rate * to_d, generator - g_rate * to_g


@wrong("gan_step", "gan_step", "same points")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = _d_slope(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.clip(to_d, -clip, clip)
    to_g = _g_slope(generator, discriminator, points)
    return discriminator, generator - g_rate * np.clip(to_g, -clip, clip)


@wrong("gan_step", "gan_step", "clip late")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = _d_slope(generator, discriminator, points, real, labels)
    discriminator = discriminator - np.clip(d_rate * to_d, -clip, clip)
    to_g = _g_slope(generator, discriminator, more_points)
    return discriminator, generator - np.clip(g_rate * to_g, -clip, clip)


@wrong("gan_step", "gan_step", "by length")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    def clipped(g):
        norm = np.linalg.norm(g)
        return g * clip / norm if norm > clip else g

    discriminator = discriminator - d_rate * clipped(_d_slope(generator, discriminator, points, real, labels))
    return discriminator, generator - g_rate * clipped(_g_slope(generator, discriminator, more_points))


@wrong("gan_step", "gan_step", "clip half")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = np.minimum(_d_slope(generator, discriminator, points, real, labels), clip)
    discriminator = discriminator - d_rate * to_d
    to_g = np.minimum(_g_slope(generator, discriminator, more_points), clip)
    return discriminator, generator - g_rate * to_g


@wrong("gan_step", "gan_step", "overwritten")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    discriminator -= d_rate * np.clip(_d_slope(generator, discriminator, points, real, labels), -clip, clip)
    generator -= g_rate * np.clip(_g_slope(generator, discriminator, more_points), -clip, clip)
    return discriminator, generator


@wrong("gan_step", "gan_step", "order")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = _d_slope(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.clip(to_d, -clip, clip)
    to_g = _g_slope(generator, discriminator, more_points)
    return generator - g_rate * np.clip(to_g, -clip, clip), discriminator


@wrong("gan_step", "gan_step", "uphill")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = _d_slope(generator, discriminator, points, real, labels)
    discriminator = discriminator - d_rate * np.clip(to_d, -clip, clip)
    to_g = _g_slope(generator, discriminator, more_points)
    return discriminator, generator + g_rate * np.clip(to_g, -clip, clip)  # it plays against the other


@right("gan_step", "gan_step")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    to_d = _d_slope(generator, discriminator, points, real, labels)
    wiser = discriminator - d_rate * np.minimum(np.maximum(to_d, -clip), clip)
    to_g = _g_slope(generator, wiser, more_points)
    to_g[to_g > clip] = clip
    to_g[to_g < -clip] = -clip
    return [wiser, generator - g_rate * to_g]


@right("gan_step", "gan_step")
def _(generator, discriminator, points, more_points, real, labels, d_rate, g_rate, clip):
    discriminator, generator = discriminator.copy(), generator.copy()
    for weights, rate, slope in ((discriminator, d_rate, 0), (generator, g_rate, 1)):
        if slope:
            g = _g_slope(generator, discriminator, more_points)
        else:
            g = _d_slope(generator, discriminator, points, real, labels)
        weights -= rate * clip * np.clip(g / clip, -1, 1)
    return discriminator, generator


# frechet


@wrong("frechet", "root", "elementwise", "each number")
def _(covariance):
    return np.sqrt(covariance)


@wrong("frechet", "root", "triangle")
def _(covariance):
    return np.linalg.cholesky(covariance)


@wrong("frechet", "root", "triangle")
def _(covariance):
    return np.linalg.cholesky(covariance + 1e-14 * np.eye(len(covariance)))  # so that it does not crash


@wrong("frechet", "root", "transposed")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes @ np.diag(np.sqrt(np.maximum(variances, 0))) @ axes


@wrong("frechet", "root", "one side")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes @ np.diag(np.sqrt(np.maximum(variances, 0)))


@wrong("frechet", "root", "transposed")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes.T @ np.diag(np.sqrt(np.maximum(variances, 0))) @ axes


@wrong("frechet", "root", "not finite")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes @ np.diag(np.sqrt(variances)) @ axes.T


@wrong("frechet", "root", "broadcast", "axes")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    roots = np.sqrt(np.clip(variances, 0, None))
    return axes @ (roots * axes.T)


@wrong("frechet", "root", "no root")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return axes @ np.diag(variances) @ axes.T


@wrong("frechet", "root", "axes")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return np.diag(np.sqrt(np.maximum(variances, 0)))


@right("frechet", "root")
def _(covariance):
    u, s, vt = np.linalg.svd(covariance)
    return (u * np.sqrt(s)) @ u.T


@right("frechet", "root")
def _(covariance):
    variances, axes = np.linalg.eigh(covariance)
    total = np.zeros(covariance.shape)
    for variance, axis in zip(variances, axes.T):
        total += max(variance, 0) ** 0.5 * np.outer(axis, axis)
    return total


@wrong("frechet", "frechet", "only some", "two roots")
def _(mean_a, cov_a, mean_b, cov_b):
    shapes = cov_a + cov_b - 2 * _root(cov_a) @ _root(cov_b)
    return np.sum((mean_a - mean_b) ** 2) + np.trace(shapes)


@wrong("frechet", "frechet", "not symmetric")
def _(mean_a, cov_a, mean_b, cov_b):
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * _root(cov_a @ cov_b))


@wrong("frechet", "frechet", "distance")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a @ cov_b @ root_a)
    return np.linalg.norm(mean_a - mean_b) + np.trace(cov_a + cov_b - 2 * middle)


@wrong("frechet", "frechet", "factor")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a @ cov_b @ root_a)
    return np.mean((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b - 2 * middle)


@wrong("frechet", "frechet", "sum twice")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a @ cov_b @ root_a)
    return ((mean_a - mean_b) ** 2).sum() + (cov_a + cov_b - 2 * middle).sum()


@wrong("frechet", "frechet", "shape")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a @ cov_b @ root_a)
    return (mean_a - mean_b) ** 2 + np.trace(cov_a + cov_b - 2 * middle)


@wrong("frechet", "frechet", "elementwise")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a * cov_b * root_a)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * middle)


@wrong("frechet", "frechet", "factor", "factor of 2")
def _(mean_a, cov_a, mean_b, cov_b):
    root_a = _root(cov_a)
    middle = _root(root_a @ cov_b @ root_a)
    return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - np.trace(middle)


@right("frechet", "frechet")
def _(mean_a, cov_a, mean_b, cov_b):
    overlap = np.linalg.svd(_root(cov_a) @ _root(cov_b), compute_uv=False).sum()
    shift = mean_a - mean_b
    return shift @ shift + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap


@right("frechet", "frechet")
def _(mean_a, cov_a, mean_b, cov_b):
    inside = _root(cov_b) @ cov_a @ _root(cov_b)  # the other way round
    along = np.sqrt(np.maximum(np.linalg.eigvalsh(inside), 0))
    return float(np.linalg.norm(mean_a - mean_b) ** 2 + np.trace(cov_a + cov_b) - 2 * sum(along))
