"""Markdown with formulas as HTML: formulas as MathML, which browsers draw by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

BARE = re.compile(r"\\(mathcal|mathbb) ([A-Z])")  # as TeX reads it, but not the converter

Links = Callable[[str], str | None]  # what follows the address of the app -> where that is in the site, or nothing


def formula(latex: str, display: bool = False) -> str:
    return convert(BARE.sub(r"\\\1{\2}", latex), display="block" if display else "inline")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return (
        MarkdownIt("commonmark")
        .enable("table")
        .use(dollarmath_plugin, renderer=lambda latex, options: formula(latex, options["display_mode"]), double_inline=True)
    )


TABLE = '<div class="site-table" role="region" aria-label="Table" tabindex="0"><table>'  # where it has no room, it scrolls
LINK = re.compile(r'<a href="(\?[^"]*)">(.*?)</a>', re.S)


def html(text: str, links: Links = lambda _: None) -> str:
    """A link that leads nowhere in the site is text."""

    def led(found: re.Match[str]) -> str:
        there = links(found[1].replace("&amp;", "&"))
        return found[2] if there is None else f'<a href="{there}">{found[2]}</a>'

    return LINK.sub(led, _markdown().render(text)).replace("<table>", TABLE).replace("</table>", "</table></div>")
