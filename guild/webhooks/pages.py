"""Pages of webhooks."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

PAGES: Final[Sequence[HTTPRouteHandler]] = []
