"""The mathematics of the lecture, for pages and notebooks: gradients, training, search, charts."""
