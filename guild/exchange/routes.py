"""JSON doors of exchange."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

ROUTES: Final[Sequence[HTTPRouteHandler]] = []
