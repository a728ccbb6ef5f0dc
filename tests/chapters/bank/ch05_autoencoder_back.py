"""Readers' answers to the exercises of chapter 5: tied weights, and PCA."""

from __future__ import annotations

import numpy as np

from tests.chapters.bank.entries import right, wrong

# --- tied: loss


@wrong("tied", "loss", "factor")
def _(x, w):
    return ((x @ w @ w.T - x) ** 2).sum()


@wrong("tied", "loss", "factor", "mean")
def _(x, w):
    return ((x @ w @ w.T - x) ** 2).sum(axis=1).mean()


@wrong("tied", "loss", "sum missing", "shape")
def _(x, w):
    return ((x @ w @ w.T - x) ** 2).mean(axis=1)


@wrong("tied", "loss", "other", "not squared", "squares")
def _(x, w):
    return np.abs(x @ w @ w.T - x).mean()


@wrong("tied", "loss", "other", "square last", "squares")
def _(x, w):
    return (x @ w @ w.T - x).mean() ** 2


@wrong("tied", "loss", "other", "added", "sign", "factor")
def _(x, w):
    return ((x @ w @ w.T + x) ** 2).mean()


@right("tied", "loss")
def _(x, w):
    gram = x.T @ x
    both = w @ w.T
    return (np.trace(gram) - 2 * np.trace(gram @ both) + np.trace(gram @ both @ both)) / x.size


@right("tied", "loss")
def _(x, w):
    back = np.einsum("nd,dk,ek->ne", x, w, w)
    return float(np.einsum("ne,ne->", back - x, back - x)) / x.shape[0] / x.shape[1]


@right("tied", "loss")
def _(x, w):
    return np.linalg.norm(x - x @ w @ w.T) ** 2 / x.size


# --- tied: weight_gradient


@wrong("tied", "weight_gradient", "one way", "decoder only")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return g.T @ code


@wrong("tied", "weight_gradient", "one way", "encoder only")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return x.T @ (g @ w)


@wrong("tied", "weight_gradient", "factor", "averaged")
def _(x, w):
    code = x @ w
    g = (code @ w.T - x) / x.size
    return g.T @ code + x.T @ (g @ w)


@wrong("tied", "weight_gradient", "factor")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / len(x)
    return g.T @ code + x.T @ (g @ w)


@wrong("tied", "weight_gradient", "one way", "doubled")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    g_code = g @ w
    return 2 * x.T @ g_code  # w is used twice


@wrong("tied", "weight_gradient", "factor")
def _(x, w):
    code = x @ w
    g = 2 * (x - code @ w.T) / x.size
    return g.T @ code + x.T @ (g @ w)


@wrong("tied", "weight_gradient", "transposed")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return code.T @ g + (x.T @ (g @ w)).T


@wrong("tied", "weight_gradient", "transposed")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    encoder = x.T @ (g @ w)
    decoder = (code.T @ g).reshape(w.shape)
    return encoder + decoder


@wrong("tied", "weight_gradient", "only some", "right angles")
def _(x, w):
    # PCA's axes: wᵀw is 1, so the loss is what w does not reach
    return -2 * x.T @ (x @ w) / x.size


@wrong("tied", "weight_gradient", "factor", "averaged")
def _(x, w):
    code = x @ w
    g = 2 * (code @ w.T - x) / x.size
    return (g.T @ code + x.T @ (g @ w)) / 2  # the mean of both uses


@wrong("tied", "weight_gradient", "wrong point")
def _(x, w):
    code = x @ w
    back = code @ w.T
    g = 2 * (back - x) / x.size
    return g.T @ code + back.T @ (g @ w)


@right("tied", "weight_gradient")
def _(x, w):
    gram = x.T @ x
    both = w @ w.T
    return 2 / x.size * (gram @ both @ w + both @ gram @ w - 2 * gram @ w)


@right("tied", "weight_gradient")
def _(x, w):
    n, d = x.shape
    k = w.shape[1]
    code = x @ w
    g = 2 * (code @ w.T - x) / (n * d)
    gw = np.zeros((d, k))
    for m in range(n):
        for i in range(d):
            for j in range(k):
                gw[i, j] += g[m, i] * code[m, j]
                for e in range(d):
                    gw[i, j] += g[m, e] * w[e, j] * x[m, i]
    return gw


@right("tied", "weight_gradient")
def _(x, w):
    r = np.einsum("nd,dk,ek->ne", x, w, w) - x
    decoder = np.einsum("ne,nd,dk->ek", r, x, w)
    encoder = np.einsum("ne,nd,ek->dk", r, x, w)
    return (encoder + decoder) * (2 / (x.shape[0] * x.shape[1]))


@right("tied", "weight_gradient")
def _(x, w):
    code = x @ w
    g = (code @ w.T - x) * (2 / x.size)
    turned = code.T @ g + (g @ w).T @ x  # (k, d)
    return turned.T


# --- pca: restored


@wrong("pca", "restored", "other", "mean not taken", "not centred")
def _(x, k):
    _, _, vt = np.linalg.svd(x, full_matrices=False)
    return x @ vt[:k].T @ vt[:k]


@wrong("pca", "restored", "other", "mean not added", "mean forgotten")
def _(x, k):
    a = x - x.mean(axis=0)
    _, _, vt = np.linalg.svd(a, full_matrices=False)
    return a @ vt[:k].T @ vt[:k]


@wrong("pca", "restored", "other", "one mean")
def _(x, k):
    mean = x.mean()
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (x - mean) @ vt[:k].T @ vt[:k]


@wrong("pca", "restored", "other", "axis", "neighbours")
def _(x, k):
    mean = x.mean(axis=1, keepdims=True)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (x - mean) @ vt[:k].T @ vt[:k]


@wrong("pca", "restored", "transposed")
def _(x, k):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    axes = vt[:, :k]
    return mean + (x - mean) @ axes @ axes.T


@wrong("pca", "restored", "shifted")
def _(x, k):
    mean = x.mean(axis=0)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    s[k + 1 :] = 0
    return mean + u @ np.diag(s) @ vt


@wrong("pca", "restored", "overwritten")
def _(x, k):
    mean = x.mean(axis=0)
    x -= mean
    _, _, vt = np.linalg.svd(x, full_matrices=False)
    return mean + x @ vt[:k].T @ vt[:k]


@wrong("pca", "restored", "other", "from the end", "smallest")
def _(x, k):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    axes = vt[-k:]  # like eigh, which has the largest last
    return mean + (x - mean) @ axes.T @ axes


@wrong("pca", "restored", "other", "mean in code", "left out")
def _(x, k):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    return mean + x @ vt[:k].T @ vt[:k]


@right("pca", "restored")
def _(x, k):
    mean = x.mean(axis=0)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    return mean + (u[:, :k] * s[:k]) @ vt[:k]


@right("pca", "restored")
def _(x, k):
    mean = x.mean(axis=0)
    a = x - mean
    _, vectors = np.linalg.eigh(a.T @ a)
    axes = vectors[:, ::-1][:, :k]
    return (axes @ axes.T @ a.T).T + mean


@right("pca", "restored")
def _(x, k):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    out = np.tile(mean, (len(x), 1))
    for i in range(len(x)):
        for axis in vt[:k]:
            out[i] += np.dot(x[i] - mean, axis) * axis
    return out


@right("pca", "restored")
def _(x, k):
    mean = x.mean(axis=0, keepdims=True)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2][:k].T
    code = np.linalg.lstsq(axes, (x - mean).T, rcond=None)[0]
    return (axes @ code).T + mean


# --- pca: lost


@wrong("pca", "lost", "other", "not squared", "squares")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return s[k:].sum() / x.size


@wrong("pca", "lost", "other", "what is kept", "kept")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[:k] ** 2).sum() / x.size


@wrong("pca", "lost", "factor")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / len(x)


@wrong("pca", "lost", "other", "mean not taken", "not centred")
def _(x, k):
    s = np.linalg.svd(x, compute_uv=False)
    return (s[k:] ** 2).sum() / x.size


@wrong("pca", "lost", "shifted")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k + 1 :] ** 2).sum() / x.size


@wrong("pca", "lost", "factor", "mean")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).mean()


@wrong("pca", "lost", "factor", "share")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (s[k:] ** 2).sum() / (s**2).sum()  # the share of it


@right("pca", "lost")
def _(x, k):
    s = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[1]
    return float(((s**2).sum() - (s[:k] ** 2).sum()) / x.shape[0] / x.shape[1])


@right("pca", "lost")
def _(x, k):
    a = x - x.mean(axis=0)
    squares = np.linalg.eigvalsh(a.T @ a)[::-1]
    return sum(squares[k:]) / a.size


@right("pca", "lost")
def _(x, k):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    missing = (x - mean) @ vt[k:].T
    return np.sum(missing**2) / x.size
