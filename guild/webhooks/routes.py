"""JSON doors of webhooks."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

ROUTES: Final[Sequence[HTTPRouteHandler]] = []
