"""The page at /docs that describes the API, with scripts from a package and none from elsewhere."""

from pathlib import Path

import fastapi_swagger
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

DOCS_PATH = "/docs"

_SCRIPT, _STYLE, _ICON = "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"
_ASSETS = Path(fastapi_swagger.__file__).parent / "resources"


def serve_docs(app: FastAPI) -> str:
    """Make the application serve the page and its scripts; return the page."""
    page = get_swagger_ui_html(
        openapi_url=str(app.openapi_url),
        title=app.title,
        swagger_js_url=f"{DOCS_PATH}/{_SCRIPT}",
        swagger_css_url=f"{DOCS_PATH}/{_STYLE}",
        swagger_favicon_url=f"{DOCS_PATH}/{_ICON}",
    )
    html = bytes(page.body).decode()

    async def root() -> RedirectResponse:
        return RedirectResponse(DOCS_PATH)

    async def docs() -> HTMLResponse:
        return HTMLResponse(html)

    async def asset(request: Request) -> FileResponse:
        return FileResponse(_ASSETS / request.url.path.rpartition("/")[2])

    app.get("/", include_in_schema=False)(root)
    app.get(DOCS_PATH, include_in_schema=False)(docs)
    for name in (_SCRIPT, _STYLE, _ICON):
        app.get(f"{DOCS_PATH}/{name}", include_in_schema=False)(asset)
    return html
