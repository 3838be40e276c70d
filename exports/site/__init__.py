"""A site without a server: `python -m exports.site lectures gallery --out site/` writes a folder of plain files."""

from exports.site.build import build

__all__ = ["build"]
