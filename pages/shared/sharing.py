"""The buttons that every page has: its link, its QR code, the presenter's view."""

from pages.shared.component import component

_component = component("hall/share.js", "none", plotly=False)


def share_buttons() -> None:
    _component(key="share", data=b"{}", width="content")
