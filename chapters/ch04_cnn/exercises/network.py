"""An exercise of chapter 4: all gradients of a small network at once."""

from __future__ import annotations

import numpy as np

from chapters.exercises.form import Case, Exercise

TINY = Exercise(
    "cnn",
    "tiny_cnn",
    "all gradients of a small network, in one pass back",
    """
    Chapter 4, "The one gradient that matters". Here is a whole network, as small as it can be: filters over grey
    pictures, relu, the mean of each filter's answers over the picture (in place of `Flatten`, as in chapter 2, "How
    large may the picture get?"), and a dense layer to k scores. The price is the cross-entropy, its mean over the n
    pictures.

        z = convolve(x, kernel, bias)             (n, rows, columns, f)
        m = mean of relu(z) over the positions    (n, f)
        s = m @ w + b                             (n, k)
        loss = mean over the pictures of  −log softmax(s)[true class]

    Write the way there, then the way back: one gradient for each of the four arrays of weights. What a convolution
    does for its kernel you know (chapter 3), so both functions are given.
    """,
    hints=(
        "Write the forward pass again, and keep z, m and the probabilities. Then walk from the last line to the first: "
        "what comes down to s, to m, to z?",
        "What comes down to s is probability minus target, over n (chapter 2). From there to w, b and m it is a dense "
        "layer. How much does m move if one z moves, of rows · columns of them?",
        "To z: what came down to m goes to all positions alike, each with its share, but not to those where relu was "
        "silent. From there `kernel_gradient` does the kernel, and the bias is in every answer of its filter.",
    ),
    try_it="""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(5, 6, 4)), np.eye(3)[[0, 2, 1, 1, 0]]
    kernel, bias, w, b = rng.normal(size=(3, 3, 2)), np.zeros(2), np.zeros((2, 3)), np.zeros(3)
    print(round(float(loss(x, t, kernel, bias, w, b)), 3))  # 1.099 (log 3: it does not know anything yet)
    for g in gradients(x, t, kernel, bias, w, b):
        print(g.shape)  # (3, 3, 2) (2,) (2, 3) (3,)
    """,
)


@TINY.given
def convolve(x, kernel, bias):
    """Filters (kh, kw, f) over grey pictures (n, h, w), without a border: (n, h - kh + 1, w - kw + 1, f)."""
    rows, columns = x.shape[1] - kernel.shape[0] + 1, x.shape[2] - kernel.shape[1] + 1
    z = np.zeros((len(x), rows, columns, len(bias))) + bias
    for a, b in np.ndindex(kernel.shape[:2]):
        z += x[:, a : a + rows, b : b + columns, None] * kernel[a, b]
    return z


@TINY.given
def kernel_gradient(x, gz):
    """How the loss moves with the kernel, if it moves by gz (n, rows, columns, f) with each answer: (kh, kw, f)."""
    rows, columns = gz.shape[1:3]
    gk = np.zeros((x.shape[1] - rows + 1, x.shape[2] - columns + 1, gz.shape[3]))
    for a, b in np.ndindex(gk.shape[:2]):
        gk[a, b] = (x[:, a : a + rows, b : b + columns, None] * gz).sum(axis=(0, 1, 2))
    return gk


@TINY.given
def softmax(s):
    """Scores (n, k) to probabilities."""
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def networks(rng: np.random.Generator):
    """Small networks, none of whose answers is so near to 0 that relu might turn it on or off."""
    for label, n, h, w, size, f, k in (
        ("one picture, one filter", 1, 3, 3, (2, 2), 1, 2),
        ("several pictures and filters", 3, 4, 4, (3, 3), 2, 4),
        ("pictures and filters that are not square", 4, 3, 5, (2, 3), 2, 3),
    ):
        clear = False
        while not clear:
            x, kernel, bias = rng.normal(size=(n, h, w)), rng.normal(size=(*size, f)), rng.normal(size=f)
            z = convolve(x, kernel, bias)
            heard = (z.mean(axis=(1, 2)) > 0).any(axis=0).all()  # no filter is silent in all pictures
            clear = np.abs(z).min() > 0.03 and (z < 0).any() and heard
        names = {"x": x, "t": np.eye(k)[rng.integers(0, k, n)], "kernel": kernel, "bias": bias}
        yield Case(label, {**names, "w": rng.normal(size=(f, k)), "b": rng.normal(size=k)})


def loss_naive(x, t, kernel, bias, w, b):
    """The loss, a picture, a filter and a position at a time."""
    (kh, kw, f), total = kernel.shape, 0.0
    for picture, target in zip(x, t):
        places = [*np.ndindex(picture.shape[0] - kh + 1, picture.shape[1] - kw + 1)]
        heard = np.zeros(f)
        for (i, j), m in ((place, m) for place in places for m in range(f)):
            answer = (picture[i : i + kh, j : j + kw] * kernel[:, :, m]).sum() + bias[m]
            heard[m] += max(answer, 0) / len(places)
        e = np.exp(heard @ w + b)
        total -= np.log(e[target.argmax()] / e.sum())
    return total / len(x)


@TINY.write(networks, loss_naive)
def loss(x, t, kernel, bias, w, b):
    """What the answers cost, a number.

    x, t: pictures (n, h, w), and their targets (n, k), one-hot.
    kernel, bias: of the filters, (kh, kw, f) and (f,).
    w, b: of the dense layer, (f, k) and (k,).
    """
    z = convolve(x, kernel, bias)  # (n, rows, columns, f)
    m = np.maximum(z, 0).mean(axis=(1, 2))  # (n, f)
    p = softmax(m @ w + b)  # (n, k)
    return -(t * np.log(p)).sum() / len(x)


@loss.mistake("factor, mean")
def _(x, t, kernel, bias, w, b):
    """The mean is taken over pictures and classes. How many of the k numbers of a picture have a price?"""
    return loss(x, t, kernel, bias, w, b) / t.shape[1]


@loss.mistake("factor, classes")
def _(x, t, kernel, bias, w, b):
    """The sum is divided by k. Over what is the mean?"""
    return loss(x, t, kernel, bias, w, b) * len(x) / t.shape[1]


@loss.mistake("relu")
def _(x, t, kernel, bias, w, b):
    """There is no relu between the filters and the mean, or it comes after the mean. Which numbers does it silence?"""
    m = np.maximum(convolve(x, kernel, bias).mean(axis=(1, 2)), 0)
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@loss.mistake("relu, nowhere")
def _(x, t, kernel, bias, w, b):
    """There is no relu between the filters and the mean. Which numbers would it silence?"""
    m = convolve(x, kernel, bias).mean(axis=(1, 2))
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@loss.mistake("factor, positions")
def _(x, t, kernel, bias, w, b):
    """The filters' answers are added up over the positions. What should be taken of them?"""
    m = np.maximum(convolve(x, kernel, bias), 0).sum(axis=(1, 2))
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@loss.mistake("largest")
def _(x, t, kernel, bias, w, b):
    """Of each filter's answers you keep the largest. What should be taken of them?"""
    m = np.maximum(convolve(x, kernel, bias), 0).max(axis=(1, 2))
    return -(t * np.log(softmax(m @ w + b))).sum() / len(x)


@loss.mistake("logarithm")
def _(x, t, kernel, bias, w, b):
    """That is minus the probability of the true class. What does the logarithm make of one that is nearly 0?"""
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return -(t * softmax(m @ w + b)).sum() / len(x)


@loss.mistake("target")
def _(x, t, kernel, bias, w, b):
    """All classes of a picture have a price in yours. Which one does the target name?"""
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return -np.log(softmax(m @ w + b)).sum() / len(x)


@loss.mistake("both in full")
def _(x, t, kernel, bias, w, b):
    """That is the price of k questions, each to be answered by yes or no. Here one class of k is chosen: which
    probability does a picture pay for?"""
    p = softmax(np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2)) @ w + b)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum() / len(x)


@loss.mistake("winner")
def _(x, t, kernel, bias, w, b):
    """You charge for the class that wins. Is it always the true one?"""
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return -np.log(softmax(m @ w + b).max(axis=1)).mean()


@loss.mistake("softmax")
def _(x, t, kernel, bias, w, b):
    """That is minus the score of the true class. Could it not grow for ever, and all the others with it?"""
    return -(t * (np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2)) @ w + b)).sum() / len(x)


@loss.mistake("squared error")
def _(x, t, kernel, bias, w, b):
    """That is a squared error. Which price is asked for?"""
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return ((softmax(m @ w + b) - t) ** 2).sum() / len(x)


@loss.mistake("relu, of the scores")
def _(x, t, kernel, bias, w, b):
    """There is one relu more, at the scores. May a score be below 0?"""
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return -(t * np.log(softmax(np.maximum(m @ w + b, 0)))).sum() / len(x)


@TINY.gradient(loss, ("kernel", "bias", "w", "b"), networks)
def gradients(x, t, kernel, bias, w, b):
    """How the loss moves with each weight.

    Takes what `loss` takes. Returns four arrays, of the shapes of kernel, bias, w and b, in this order.
    """
    z = convolve(x, kernel, bias)  # (n, rows, columns, f)
    m = np.maximum(z, 0).mean(axis=(1, 2))  # (n, f)
    p = softmax(m @ w + b)  # (n, k)

    gs = (p - t) / len(x)  # (n, k)
    gw, gb = m.T @ gs, gs.sum(axis=0)
    gm = gs @ w.T  # (n, f)
    positions = z.shape[1] * z.shape[2]
    gz = gm[:, None, None, :] / positions * (z > 0)  # (n, rows, columns, f)
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), gw, gb


def _mean(z):
    return np.maximum(z, 0).mean(axis=(1, 2))


def _back(x, t, kernel, bias, w, b, slope=lambda z: z > 0, pull=lambda s, t: softmax(s) - t, heard=_mean):
    """The way back with another slope of relu, another pull at the scores, or after another way there, from z to m."""
    z = convolve(x, kernel, bias)
    m = heard(z)
    gs = pull(m @ w + b, t) / len(x)
    gz = (gs @ w.T)[:, None, None, :] / (z.shape[1] * z.shape[2]) * slope(z)
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), m.T @ gs, gs.sum(axis=0)


@gradients.mistake("relu")
def _(x, t, kernel, bias, w, b):
    """w and b are right; on the way to the filters every position is asked, even those where relu was silent."""
    return _back(x, t, kernel, bias, w, b, slope=lambda z: np.ones(z.shape))


@gradients.mistake("relu, on the way there")
def _(x, t, kernel, bias, w, b):
    """Where relu was silent nothing goes back, which is right. But on the way there, is it in your m?"""
    return _back(x, t, kernel, bias, w, b, heard=lambda z: z.mean(axis=(1, 2)))


@gradients.mistake("relu, nowhere")
def _(x, t, kernel, bias, w, b):
    """There is no relu in it, neither on the way there nor back. Which numbers would it silence?"""
    return _back(
        x, t, kernel, bias, w, b, slope=lambda z: np.ones(z.shape), heard=lambda z: z.mean(axis=(1, 2))
    )


@gradients.mistake("relu, of the mean")
def _(x, t, kernel, bias, w, b):
    """On the way there relu comes after the mean. Which numbers should it silence?"""
    return _back(x, t, kernel, bias, w, b, heard=lambda z: np.maximum(z.mean(axis=(1, 2)), 0))


@gradients.mistake("relu, of the mean both ways")
def _(x, t, kernel, bias, w, b):
    """relu comes after the mean, there and back. Which numbers should it silence?"""
    slope = lambda z: z.mean(axis=(1, 2), keepdims=True) > 0  # noqa: E731
    return _back(x, t, kernel, bias, w, b, slope, heard=lambda z: np.maximum(z.mean(axis=(1, 2)), 0))


@gradients.mistake("factor, sums on the way there")
def _(x, t, kernel, bias, w, b):
    """On the way there you add up the filters' answers over the positions. What should be taken of them?"""
    return _back(x, t, kernel, bias, w, b, heard=lambda z: np.maximum(z, 0).sum(axis=(1, 2)))


@gradients.mistake("factor, sums both ways")
def _(x, t, kernel, bias, w, b):
    """There and back you add up over the positions. What should be taken of the filters' answers?"""
    slope = lambda z: (z > 0) * (z.shape[1] * z.shape[2])  # noqa: E731
    return _back(x, t, kernel, bias, w, b, slope, heard=lambda z: np.maximum(z, 0).sum(axis=(1, 2)))


@gradients.mistake("wrong point")
def _(x, t, kernel, bias, w, b):
    """w and b are right; on the way to the filters you multiply by what relu gave. What is the slope of relu there?"""
    return _back(x, t, kernel, bias, w, b, slope=lambda z: np.maximum(z, 0))


@gradients.mistake("factor, positions")
def _(x, t, kernel, bias, w, b):
    """w and b are right; what reaches the filters is too much, by as much as there are positions. Each answer is one
    of how many in the mean?"""
    return _back(x, t, kernel, bias, w, b, slope=lambda z: (z > 0) * (z.shape[1] * z.shape[2]))


@gradients.mistake("after the mean")
def _(x, t, kernel, bias, w, b):
    """w and b are right; relu's slope is taken of the mean, one for a whole picture. At which numbers was relu?"""
    return _back(x, t, kernel, bias, w, b, slope=lambda z: z.mean(axis=(1, 2), keepdims=True) > 0)


@gradients.mistake("wrong point, before relu")
def _(x, t, kernel, bias, w, b):
    """The filters are right; for w you use the mean of z. What went into the dense layer?"""
    z, (gk, gbias, _, gb) = convolve(x, kernel, bias), _back(x, t, kernel, bias, w, b)
    m = np.maximum(z, 0).mean(axis=(1, 2))
    return gk, gbias, z.mean(axis=(1, 2)).T @ (softmax(m @ w + b) - t) / len(x), gb


@gradients.mistake("target")
def _(x, t, kernel, bias, w, b):
    """The probabilities alone come down to the scores. Where does the target say which of them should be larger?"""
    return _back(x, t, kernel, bias, w, b, pull=lambda s, t: softmax(s))


@gradients.mistake("cross terms, true class only")
def _(x, t, kernel, bias, w, b):
    """Only the score of the true class is pulled at. The others have a part in the price, too: by way of what?"""
    return _back(x, t, kernel, bias, w, b, pull=lambda s, t: (softmax(s) - t) * t)


@gradients.mistake("cross terms, one slope more")
def _(x, t, kernel, bias, w, b):
    """You multiply by p (1 − p) on the way to the scores. Has the logarithm of the price not taken that away?"""
    return _back(x, t, kernel, bias, w, b, pull=lambda s, t: (softmax(s) - t) * softmax(s) * (1 - softmax(s)))


@gradients.mistake("wrong point, half way")
def _(x, t, kernel, bias, w, b):
    """That is how the loss moves with the probabilities. What stands between them and the scores?"""
    return _back(x, t, kernel, bias, w, b, pull=lambda s, t: -t / softmax(s))


@gradients.mistake("relu, turned about")
def _(x, t, kernel, bias, w, b):
    """w and b are right; on the way to the filters gy passes where relu was silent, and nowhere else. Where should
    it?"""
    return _back(x, t, kernel, bias, w, b, slope=lambda z: z < 0)


@gradients.mistake("factor, positions for the bias")
def _(x, t, kernel, bias, w, b):
    """For the bias you take the mean over the positions. It is in every answer of its filter: what becomes of all its
    ways?"""
    z, (gk, gbias, gw, gb) = convolve(x, kernel, bias), _back(x, t, kernel, bias, w, b)
    return gk, gbias / (z.shape[1] * z.shape[2]), gw, gb


@gradients.mistake("factor, mean for the bias")
def _(x, t, kernel, bias, w, b):
    """For the filters' bias you take a mean over pictures and positions. It is in every answer of its filter: what
    becomes of all its ways?"""
    z, (gk, gbias, gw, gb) = convolve(x, kernel, bias), _back(x, t, kernel, bias, w, b)
    return gk, gbias / z[..., 0].size, gw, gb


@gradients.mistake("factor, pictures for the bias")
def _(x, t, kernel, bias, w, b):
    """For the filters' bias you take a mean over the pictures. The mean of the loss is in what comes down: how often
    is it divided?"""
    gk, gbias, gw, gb = _back(x, t, kernel, bias, w, b)
    return gk, gbias / len(x), gw, gb


@gradients.mistake("wrong point, scores")
def _(x, t, kernel, bias, w, b):
    """You compare the targets with the scores. What do they have to be made into first?"""
    return _back(x, t, kernel, bias, w, b, pull=lambda s, t: s - t)


@gradients.mistake("sum twice")
def _(x, t, kernel, bias, w, b):
    """w and b are right; on the way to the filters the pictures were added up, and each hears of all others. Where is
    a sum too early?"""
    z, (_, _, gw, gb) = convolve(x, kernel, bias), _back(x, t, kernel, bias, w, b)
    p = softmax(np.maximum(z, 0).mean(axis=(1, 2)) @ w + b)
    gz = ((p - t) @ w.T).sum(axis=0) / len(x) / (z.shape[1] * z.shape[2]) * (z > 0)
    return kernel_gradient(x, gz), gz.sum(axis=(0, 1, 2)), gw, gb


@gradients.mistake("sum twice, for w")
def _(x, t, kernel, bias, w, b):
    """For w you add up m over the pictures, and what comes down to the scores, and multiply then. What belongs to one
    picture?"""
    gk, gbias, _, gb = _back(x, t, kernel, bias, w, b)
    m = np.maximum(convolve(x, kernel, bias), 0).mean(axis=(1, 2))
    return gk, gbias, np.outer(m.sum(axis=0), gb), gb


@gradients.mistake("factor, positions for w")
def _(x, t, kernel, bias, w, b):
    """The filters are right; for w you use the sum over the positions. What went into the dense layer?"""
    z, (gk, gbias, gw, gb) = convolve(x, kernel, bias), _back(x, t, kernel, bias, w, b)
    return gk, gbias, gw * z.shape[1] * z.shape[2], gb
