"""Results as pictures: bytes for the player, panels, and `show`, for a notebook."""

from figures.shown import show

__all__ = ["show"]
