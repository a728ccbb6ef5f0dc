"""Every picture of tinydl, through matplotlib.

Each function takes arrays (or Tensors) and returns a `Figure`: write it with `save`, or leave it as the last
line of a notebook cell. Figures are made without pyplot: nothing pops up, and nothing stays behind in memory.

    drawing    what the pictures share: colours, checks of what comes in, tiles, `save`
    images     image_grid, worst_mistakes, reconstructions, heat_map
    training   training_curves, confusion_matrix
    plane      latent_scatter, thumbnails, save_animation
    network    filters, feature_maps
    graphs     graph
"""

from tinydl.plot.drawing import save
from tinydl.plot.graphs import graph
from tinydl.plot.images import heat_map, image_grid, reconstructions, worst_mistakes
from tinydl.plot.network import feature_maps, filters
from tinydl.plot.plane import latent_scatter, save_animation, thumbnails
from tinydl.plot.training import confusion_matrix, training_curves

__all__ = [
    "confusion_matrix",
    "feature_maps",
    "filters",
    "graph",
    "heat_map",
    "image_grid",
    "latent_scatter",
    "reconstructions",
    "save",
    "save_animation",
    "thumbnails",
    "training_curves",
    "worst_mistakes",
]
