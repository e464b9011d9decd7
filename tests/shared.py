"""What is dear to make and the same for every test of a process: the application and a press.

Both are the product's own. The application is built once and finds the System of each test in its
state, where `create_app` puts it; the press runs on an event loop of its own, so that it outlives
the loops of the tests.
"""

import asyncio
import gc
from collections.abc import Coroutine
from threading import Thread
from typing import Any, TypeVar

from litestar import Litestar
from litestar.types import Receive, Scope, Send

from guild.core.work import System
from guild.documents.pool import DocumentPool
from guild.documents.schemas import PrintOrder
from guild.web.app import create_app

T = TypeVar("T")
_APPS: dict[tuple[Any, ...], Litestar] = {}


class App:
    """The application on one System, as an ASGI callable."""

    def __init__(self, system: System) -> None:
        settings = system.settings
        built_by = (settings.secure_cookies, settings.allowed_hosts, system.nested)
        if built_by not in _APPS:
            _APPS[built_by] = create_app(system)
            gc.collect()
            gc.freeze()
        self.litestar, self._system = _APPS[built_by], system

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the lifespan."""
        self.litestar.state["system"] = self._system
        await self.litestar(scope, receive, send)


class SharedPress(DocumentPool):
    """One press for all tests of a process; it ends with `close`, not with a System."""

    def __init__(self) -> None:
        super().__init__(1)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="press", daemon=True)
        self._thread.start()

    async def render(self, order: PrintOrder) -> bytes:
        """The PDF of an order."""
        return await asyncio.wrap_future(self._there(super().render(order)))

    async def stop(self) -> None:
        """Nothing: the next test wants it too."""

    def close(self) -> None:
        """End the press and its loop."""
        self._there(super().stop()).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def _there(self, doing: Coroutine[Any, Any, T]) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop)
