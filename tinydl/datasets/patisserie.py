"""Ten kinds of cakes, painted by NumPy: the embedded stand-in for a folder of colour photos.

Each function paints one kind, from the back to the front. What varies comes from the canvas's dice, `c.rng`:
colours, proportions, toppings; before the cake a table and a plate, after it the light and the camera.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinydl.datasets.canvas import (
    BISCUIT,
    BLACK,
    BLUE,
    BROWN,
    CREAM,
    CRUST,
    DARK,
    GOLD,
    GREEN,
    ORANGE,
    PASTELS,
    RED,
    TABLES,
    WHITE,
    Canvas,
)

# ---- before and after the cake -----------------------------------------------------------------------------


def _table(c: Canvas) -> None:
    """Wood, cloth or stone, and mostly a plate."""
    colour, other = c.pick(TABLES, 0.12), c.pick(TABLES, 0.12)
    c.rgb[:] = colour + 0.10 * c.row[..., None]
    angle, pitch = c.rng.uniform(0, np.pi), c.rng.uniform(4, 12)
    along = pitch * (c.column * np.cos(angle) + c.row * np.sin(angle))
    across = pitch * (c.row * np.cos(angle) - c.column * np.sin(angle))
    pattern = c.rng.integers(4)
    if pattern == 1:  # stripes
        c.rgb += 0.35 * (np.sin(along) > 0)[..., None] * (other - c.rgb)
    elif pattern == 2:  # checks
        c.rgb += 0.35 * ((np.sin(along) > 0) ^ (np.sin(across) > 0))[..., None] * (other - c.rgb)
    elif pattern == 3:  # grain
        c.rgb *= 1 + 0.08 * np.sin(along + c.waves(across, 1.5, 0.4))[..., None]


def _plate(c: Canvas, cy: float, tilt: float) -> None:
    if c.rng.random() < 0.75:
        colour, radius = c.pick((WHITE, CREAM, *PASTELS[1:3]), 0.06), c.rng.uniform(1.05, 1.25)
        outer = c.ellipse(0, cy, radius, radius * tilt)
        c.glow(outer, BLACK, 0.4, 0.25)
        c.paint(outer, colour)
        c.paint(c.ellipse(0, cy, 0.78 * radius, 0.78 * radius * tilt), 0.93 * colour)
    c.glow(c.ellipse(0.05, cy + 0.04, 0.75, 0.75 * tilt), BLACK, 0.45, 0.3)  # the cake's own shadow


def _photograph(c: Canvas) -> np.ndarray:
    """Light from one side, a lamp's tint, a camera's noise: (size, size, 3), uint8."""
    angle = c.rng.uniform(0, 2 * np.pi)
    light = 1 + c.rng.uniform(0, 0.25) * (np.cos(angle) * c.column + np.sin(angle) * c.row)
    light *= c.rng.uniform(0.75, 1.12)
    rgb = c.rgb * light[..., None] * c.rng.normal(1, 0.05, 3)
    rgb += c.rng.uniform(0.005, 0.035) * c.rng.standard_normal(rgb.shape)
    return (255 * np.clip(rgb, 0, 1)).astype(np.uint8)


# ---- the cakes ---------------------------------------------------------------------------------------------


def sponge(c: Canvas) -> None:
    """Two golden layers, jam and cream between them, sugar on top."""
    tilt = c.rng.uniform(0.2, 0.36)
    top = c.rng.uniform(-0.4, -0.2)
    bottom = 0.45
    radius = c.rng.uniform(0.75, 0.9)
    _plate(c, bottom, 0.45)
    cake, lid = c.cylinder(top, bottom, radius, tilt)
    gold, jam = c.tone(GOLD, 0.08), c.pick((RED, RED, ORANGE, BLUE))
    c.paint(cake, c.rounded(gold, radius))
    below = c.rim((top + bottom) / 2, radius, tilt) + c.waves(c.x, 0.03, 9)
    c.paint(np.maximum(cake - 0.01, np.abs(below) - 0.10), c.rounded(c.tone(CREAM), radius, 0.2))
    c.paint(np.maximum(cake, np.abs(below - 0.05 - c.waves(c.x, 0.03, 11)) - 0.05), c.rounded(jam, radius))
    c.paint(lid, 1.06 * gold)
    c.glow(lid + 0.22, WHITE, c.rng.uniform(0.3, 0.9), 0.2)
    if c.rng.random() < 0.4:
        for cx, cy in c.scatter(int(c.rng.integers(1, 5)), 0.3, 0.08, top):
            c.berry(cx, cy - 0.06, 0.11, RED)


def cheesecake(c: Canvas) -> None:
    """A pale slice on a biscuit base, often with fruit sauce."""
    tip = c.rng.uniform(-0.9, -0.75)
    back = c.rng.uniform(0.6, 0.8)
    top = c.rng.uniform(-0.25, -0.05)
    high = 0.5
    far = top - c.rng.uniform(0.3, 0.45)
    _plate(c, top + high, 0.42)
    pale = c.tone((0.98, 0.91, 0.70), 0.04)
    front = c.polygon((tip, top + 0.1), (back, top), (back, top + high), (tip, top + high + 0.1))
    end = c.polygon((back, top), (0.98, far), (0.98, far + high), (back, top + high))
    face = c.polygon((tip, top + 0.1), (0.98, far), (back, top))
    c.paint(end, 0.72 * pale)
    c.paint(front, 0.92 * pale)
    lean = np.where(c.x < back, 0.1 * (back - c.x) / (back - tip), (far - top) * (c.x - back) / (0.98 - back))
    base = top + high - 0.12 + lean + c.waves(c.x, 0.015, 14)  # its upper edge runs along both sides
    biscuit = c.tone(BISCUIT)
    c.paint(np.maximum(front, base - c.y), biscuit)
    c.paint(np.maximum(end, base - c.y), 0.75 * biscuit)
    c.paint(face, pale)
    topping = c.rng.integers(3)
    if topping:  # 1: baked brown, 2: sauce that runs over the edge
        sauce = c.tone(CRUST) if topping == 1 else c.pick((RED, BLUE, ORANGE, (0.5, 0.08, 0.25)))
        c.paint(face + 0.02, sauce, 0.75 if topping == 1 else 0.95)
    if topping == 2:
        run = c.y - top - lean - 0.09 - c.waves(c.x, 0.1, 9)
        c.paint(np.maximum(front, run), 0.9 * sauce)
        for cx in c.rng.uniform(0.1, 0.7, c.rng.integers(0, 4)):
            c.berry(cx, (top + far) / 2 + 0.04, 0.11, sauce)


def chocolate_cake(c: Canvas) -> None:
    """Dark all over, a glaze that runs down, rosettes of cream."""
    tilt = c.rng.uniform(0.22, 0.4)
    top = c.rng.uniform(-0.45, -0.2)
    bottom = 0.42
    radius = c.rng.uniform(0.7, 0.88)
    _plate(c, bottom, 0.45)
    cake, lid = c.cylinder(top, bottom, radius, tilt)
    c.paint(cake, c.rounded(c.tone(BROWN, 0.12), radius, 0.45))
    glaze = c.tone(DARK, 0.15)
    drip = c.rim(top + 0.16, radius, tilt) + c.waves(c.x, 0.14, 10)
    c.paint(np.maximum(cake, drip), c.rounded(glaze, radius, 0.3))
    c.paint(lid, glaze + 0.05)
    c.glow(c.ellipse(-0.3, top - 0.05, 0.15, 0.04), WHITE, 0.35, 0.25)
    cream, roses = c.pick((CREAM, WHITE, (0.55, 0.34, 0.2))), c.rng.choice([0, 5, 6, 7, 8])
    for angle in c.rng.uniform(0, 7) + np.linspace(0, 2 * np.pi, roses, endpoint=False):
        cx, cy = 0.7 * radius * np.cos(angle), top + 0.7 * radius * tilt * np.sin(angle) - 0.05
        c.berry(cx, cy, 0.10, cream)
    if c.rng.random() < 0.4:
        c.berry(0, top - 0.09, 0.12, RED)


def fruit_tart(c: Canvas) -> None:
    """From above: a fluted crust, custard, rings of fruit."""
    radius, angle = np.hypot(c.x, c.y), np.arctan2(c.y, c.x)
    crust = radius - 0.92 - 0.03 * np.cos(c.rng.integers(18, 30) * angle)
    c.glow(crust, BLACK, 0.5, 0.25)
    c.paint(crust, c.tone(CRUST, 0.08) * (0.8 + 0.25 * radius[..., None]))
    c.paint(radius - 0.76, c.tone((0.98, 0.85, 0.48)))
    fruits = c.rng.permutation(np.array([RED, BLUE, GREEN, ORANGE, (0.85, 0.2, 0.35), (0.95, 0.8, 0.3)]))
    for ring, colour in zip((0.62, 0.34, 0.0), fruits, strict=False):
        size = c.rng.uniform(0.1, 0.15)
        count = max(1, int(2 * np.pi * ring / (2.1 * size)))
        for turn in c.rng.uniform(0, 7) + np.arange(count) * 2 * np.pi / count:
            c.berry(ring * np.cos(turn), ring * np.sin(turn), size, colour)


def cupcake(c: Canvas) -> None:
    """A pleated paper case, a swirl of cream, something on top."""
    top, width = c.rng.uniform(-0.02, 0.12), c.rng.uniform(0.58, 0.7)
    c.glow(c.ellipse(0, 0.82, 0.6, 0.12), BLACK, 0.5, 0.3)
    paper = c.polygon((-width, top), (width, top), (0.68 * width, 0.85), (-0.68 * width, 0.85))
    pleats = np.cos(c.rng.integers(14, 26) * c.x / (1.15 - 0.4 * c.y))
    c.paint(paper, c.rounded(c.pick((*PASTELS, RED, BROWN, BLUE)), width) * (0.88 + 0.12 * pleats)[..., None])
    c.paint(c.ellipse(0, top, width * 1.05, 0.13), c.pick((GOLD, BROWN, BISCUIT)))
    cream, coils = c.pick((*PASTELS, (0.45, 0.27, 0.16))), c.rng.integers(3, 5)
    for coil in range(coils):
        share = coil / coils
        a, cy = width * (1.08 - 0.85 * share), top - 0.1 - 0.75 * share
        swirl = c.ellipse(0, cy + 0.12 * c.x, a, 0.85 / coils)
        c.glow(swirl, BLACK, 0.25, 0.06)
        c.paint(swirl, c.rounded(np.clip(cream * (0.92 + 0.1 * share), 0, 1), a, 0.25))
        c.glow(c.ellipse(-0.4 * a, cy - 0.06, 0.2 * a, 0.03), WHITE, 0.4, 0.12)
    if c.rng.random() < 0.6:
        c.berry(0, top - 0.9, 0.13, c.pick((RED, BLUE, ORANGE)))
    else:
        c.sprinkle(c.scatter(14, 0.45, 0.4, top - 0.35), 0.05, np.full_like(c.x, -1))


def roulade(c: Canvas) -> None:
    """A rolled sponge, its end towards us: a spiral of cream or jam."""
    radius, length, tilt = c.rng.uniform(0.5, 0.6), c.rng.uniform(0.5, 0.75), c.rng.uniform(-0.3, -0.1)
    cake, filling = c.pick((GOLD, BROWN, GOLD, (0.7, 0.32, 0.2)), 0.08), c.pick((CREAM, CREAM, WHITE, RED))
    left, cy = -0.35, 0.1
    _plate(c, 0.55, 0.35)
    slide = np.clip(c.x - left, 0, length)
    roll = np.hypot(c.x - left - slide, c.y - cy - tilt * slide) - radius  # a disc pushed to the back
    c.paint(roll, (0.8 * cake) * (1.05 - 0.35 * c.y)[..., None])
    if c.rng.random() < 0.6:
        c.paint(
            np.maximum(roll, c.y - cy - tilt * slide + 0.2 + c.waves(c.x, 0.06, 12)),
            c.pick((WHITE, DARK)),
            0.8,
        )
    dx, dy = c.x - left, c.y - cy
    far, angle = np.hypot(dx, dy), np.arctan2(dy, dx) + c.rng.uniform(0, 7)
    c.paint(far - radius, cake)
    turns = c.rng.uniform(0.17, 0.24)  # from one winding to the next
    winding = np.abs((far / turns - angle / (2 * np.pi)) % 1 - 0.5) * turns - c.rng.uniform(0.03, 0.045)
    c.paint(np.maximum(winding, far - radius + 0.04), filling)


def donut(c: Canvas) -> None:
    """From above: a ring of dough, icing with a wavy edge, sprinkles."""
    radius, angle = np.hypot(c.x, 1.1 * c.y), np.arctan2(c.y, c.x)
    middle, thick = c.rng.uniform(0.54, 0.6), c.rng.uniform(0.28, 0.36)
    ring = np.abs(radius - middle) - thick
    c.glow(ring, BLACK, 0.45, 0.2)
    bulge = np.clip(1 - (ring + thick) ** 2 / thick**2, 0, 1)[..., None]  # 1 on the crest, 0 at the edges
    c.paint(ring, c.tone(GOLD, 0.08) * (0.7 + 0.3 * bulge))
    first = c.rng.uniform(0, 7)
    wave = 0.03 * np.sin(7 * angle + first) + 0.03 * np.sin(4 * angle - first)
    icing = np.abs(radius - middle) - 0.78 * thick + wave
    colour = c.pick((*PASTELS, BROWN, DARK, BROWN))
    c.paint(icing, colour * (0.85 + 0.2 * bulge))
    c.glow(np.hypot(c.x + 0.38, c.y + 0.38) - 0.02, WHITE, 0.4, 0.2)
    if c.rng.random() < 0.7:
        c.sprinkle(c.scatter(int(c.rng.integers(25, 50)), 0.85, 0.85), 0.06, icing + 0.03)


def birthday_cake(c: Canvas) -> None:
    """Two tiers in icing, piped pearls, burning candles."""
    tilt = c.rng.uniform(0.14, 0.28)
    wide = c.rng.uniform(0.72, 0.88)
    narrow = c.rng.uniform(0.42, 0.55)
    middle = 0.2
    _plate(c, 0.65, 0.4)
    high = c.rng.uniform(-0.32, -0.18)
    for top, bottom, radius in ((middle, 0.65, wide), (high, middle, narrow)):
        colour, pearls = c.pick(PASTELS), c.pick((*PASTELS, RED, WHITE))
        cake, lid = c.cylinder(top, bottom, radius, tilt)
        c.paint(cake, c.rounded(colour, radius))
        c.paint(lid, np.clip(1.08 * colour, 0, 1))
        for angle in np.linspace(0.05, np.pi - 0.05, int(radius * 20)):
            cx, cy = radius * np.cos(angle), radius * tilt * np.sin(angle)
            c.paint(c.ellipse(cx, top + cy, 0.055, 0.055), pearls)
            c.paint(c.ellipse(cx, bottom + cy, 0.055, 0.055), pearls)
    for cx in np.linspace(-0.7, 0.7, c.rng.integers(1, 6)) * narrow + c.rng.normal(0, 0.02):
        foot = high + c.rng.uniform(-0.3, 0.3) * narrow * tilt
        c.paint(c.box(cx, foot - 0.17, 0.035, 0.17), c.pick((*PASTELS, RED, BLUE)))
        c.glow(c.ellipse(cx, foot - 0.43, 0.04, 0.08), (1.0, 0.8, 0.3), 0.6, 0.12)
        c.paint(c.ellipse(cx, foot - 0.42, 0.035, 0.075), (1.0, 0.85, 0.35))


def gugelhupf(c: Canvas) -> None:
    """A fluted ring, tall and brown, snowed over with sugar."""
    top, bottom, flutes = c.rng.uniform(-0.5, -0.35), 0.5, c.rng.integers(5, 9)
    _plate(c, bottom, 0.42)
    brown = c.pick((CRUST, BISCUIT, BROWN), 0.08)
    depth = np.clip((c.y - top) / (bottom - top), 0, 1)  # 0 at the top, 1 at the foot
    half = c.rng.uniform(0.46, 0.54) + 0.36 * np.sqrt(depth)
    turn = np.arcsin(np.clip(c.x / half, -0.999, 0.999))  # the angle around the cake
    ribs = np.abs(np.cos(flutes * turn))
    foot = bottom + 0.16 * np.cos(turn) * (0.8 + 0.3 * ribs)
    body = np.maximum(np.abs(c.x) - half, np.maximum(top - 0.06 - c.y, c.y - foot))
    body = np.minimum(body, c.ellipse(0, top, 0.55, 0.2))
    c.paint(body, np.asarray(brown) * ((0.62 + 0.42 * ribs) * (1 - 0.3 * np.abs(turn) / 1.6))[..., None])
    sugar = c.y - top - c.rng.uniform(0.15, 0.45) - 0.22 * ribs
    if c.rng.random() < 0.8:
        snow = c.rng.uniform(0.5, 0.95) * (0.6 + 0.4 * ribs)
        c.paint(np.maximum(body, sugar), c.pick((WHITE, WHITE, WHITE, DARK)), snow)
    c.paint(c.ellipse(0, top, 0.30, 0.11), 0.75 * brown)
    c.paint(c.ellipse(0, top + 0.02, 0.24, 0.075), 0.3 * brown)


def eclair(c: Canvas) -> None:
    """A long bun, cut and filled, glazed on top."""
    half, thick, bend = c.rng.uniform(0.62, 0.75), c.rng.uniform(0.24, 0.32), c.rng.uniform(-0.08, 0.08)
    _plate(c, 0.2, 0.55)
    y = c.y - bend * np.cos(2 * c.x)
    bun = np.hypot(np.maximum(np.abs(c.x) - half, 0), y) - thick
    c.glow(bun, BLACK, 0.4, 0.15)
    c.paint(bun, c.tone(GOLD, 0.08) * (1.0 - 0.7 * np.clip(y, -0.3, 0.5))[..., None])
    if c.rng.random() < 0.7:
        c.paint(np.maximum(bun - 0.02, np.abs(y - 0.09 - c.waves(c.x, 0.03, 16)) - 0.05), c.tone(CREAM))
    glaze = np.maximum(bun + 0.03, y + 0.02 - c.waves(c.x, 0.05, 6))
    c.paint(glaze, c.pick((DARK, BROWN, DARK, *PASTELS)))
    c.glow(np.hypot(np.maximum(np.abs(c.x) - 0.6 * half, 0), y + 0.65 * thick) - 0.01, WHITE, 0.45, 0.07)
    if c.rng.random() < 0.5:  # a thread of icing, to and fro
        thread = np.abs(y + 0.5 * thick - 0.09 * np.sin(c.rng.uniform(14, 22) * c.x)) - 0.025
        c.paint(np.maximum(thread, glaze + 0.03), c.pick((WHITE, CREAM, PASTELS[0], ORANGE)))


CAKES: tuple[Callable[[Canvas], None], ...] = (
    sponge,
    cheesecake,
    chocolate_cake,
    fruit_tart,
    cupcake,
    roulade,
    donut,
    birthday_cake,
    gugelhupf,
    eclair,
)


def bake(label: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """One picture of the cake `CAKES[label]`: uint8 of shape (size, size, 3)."""
    canvas = Canvas(size, rng)
    _table(canvas)
    CAKES[label](canvas)
    return _photograph(canvas)
