"""Heat maps as small pictures: one PNG data address for many cells, which a browser draws at once."""

import base64
import io

import numpy as np
from PIL import Image

#: Steps of a colour that a strip tells apart.
LEVELS = 64
#: Amber for what is open or positive, blue for what is negative; paper shows through near zero.
POSITIVE, NEGATIVE = (0xE3, 0xA8, 0x1C), (0x1F, 0x83, 0xC6)


def strip(values: np.ndarray) -> str:
    """A matrix of numbers from −1 to 1 as a picture, each as opaque as it is large.

    values: (rows, columns); the first row is on top.
    """
    level = np.round(np.clip(np.nan_to_num(values), -1, 1) * LEVELS).astype(int)
    image = Image.fromarray((level + LEVELS).astype(np.uint8), "P")
    image.putpalette([*(NEGATIVE * LEVELS), *(POSITIVE * (LEVELS + 1))], "RGB")
    opacity = np.abs(np.arange(-LEVELS, LEVELS + 1)) * 255 // LEVELS
    data = io.BytesIO()
    image.save(data, "PNG", transparency=opacity.astype(np.uint8).tobytes(), optimize=True)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
