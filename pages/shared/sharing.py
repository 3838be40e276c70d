"""The buttons that every page has: its link, the other ways to share it, the presenter's view."""

import json

from figures.about import PAPER, VERSION
from pages.shared.component import component

_component = component("hall/share.js", "share")
SAID = json.dumps({"citation": f"{PAPER}. Shown by {VERSION}:"}).encode()


def share_buttons() -> None:
    _component(key="share", data=SAID, width="content")
