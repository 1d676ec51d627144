"""What plugins mount: ASGI applications below a path of ours."""

from __future__ import annotations

from typing import cast

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

import relevo
from relevo_server.access.scopes import SCOPE, WHOLE


def mount_handler(mount: relevo.Mount) -> ASGIRouteHandler:
    """Serve a plugin's application; it sees paths below its own, and `root_path` above.

    Nobody knows what it can do, so it demands the scope `admin`, without a limit to accounts.
    """
    app = cast("ASGIApp", mount.app)

    opt = {SCOPE: relevo.Scope.ADMIN, WHOLE: True}

    @asgi(mount.path, is_mount=True, copy_scope=True, opt=opt)
    async def serve_mount(scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        below = scope["path"]
        scope["root_path"] = f"{root}{mount.path}"
        # Litestar adds a last slash; the application must see the path as it was asked.
        scope["path"] = below if below == "/" else below.rstrip("/")
        await app(scope, receive, send)

    return serve_mount
