"""Pages of receivables."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

PAGES: Final[Sequence[HTTPRouteHandler]] = []
