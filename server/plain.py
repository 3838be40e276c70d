"""Pages beside Streamlit's: a phone in a room, the speaker's notes. Each is one module of assets/, and needs no session."""

from collections.abc import Callable, Iterable

from starlette.responses import HTMLResponse, Response

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · After Zero Loss</title>
<link rel="icon" href="./{icon}">
{styles}
<body>
{body}
<script type="module" src="./{script}"></script>
</body>
</html>
"""


def plain_page(address: Callable[[str], str], title: str, body: str, script: str, styles: Iterable[str]) -> Response:
    """`address` says where the browser finds a file of assets/; `body` is HTML."""
    links = "\n".join(f'<link rel="stylesheet" href="./{address(name)}">' for name in styles)
    page = PAGE.format(title=title, icon=address("icon.svg"), styles=links, body=body, script=address(script))
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
