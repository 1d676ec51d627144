"""What the sample pictures show: the sun above the sea. Pure."""

from __future__ import annotations

Colour = tuple[int, int, int]

_SKY: tuple[Colour, Colour] = ((70, 110, 190), (255, 190, 130))
_SEA: tuple[Colour, Colour] = ((230, 150, 120), (30, 60, 110))
_SUN: Colour = (255, 240, 180)
_HORIZON = 0.62
_SUN_AT = (0.5, 0.5)
_SUN_SIZE = 0.17
_GLITTER = 0.06


def colour_at(x: float, y: float, ratio: float) -> Colour:
    """Give the colour at a place; both from 0 to 1, `ratio` is width by height."""
    across = (x - _SUN_AT[0]) * ratio
    if y < _HORIZON:
        if across**2 + (y - _SUN_AT[1]) ** 2 < _SUN_SIZE**2:
            return _SUN
        return _between(*_SKY, y / _HORIZON)
    depth = (y - _HORIZON) / (1 - _HORIZON)
    if abs(across) < _GLITTER * (1 + depth) and int(depth * 14) % 2 == 0:
        return _SUN
    return _between(*_SEA, depth)


def to_ycbcr(colour: Colour) -> Colour:
    """Give lightness and two differences of colour, as JPEG and films keep them."""
    red, green, blue = colour
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return (round(light), round(128 + 0.564 * (blue - light)), round(128 + 0.713 * (red - light)))


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (
        round(a + (b - a) * min(1.0, share)) for a, b in zip(one, other, strict=True)
    )
    return (red, green, blue)
