"""The application: routes from the registry, one Work dependency, one way to tell a problem."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Response, Router
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from guild import features
from guild.core.idempotency import Replay
from guild.core.pages import environment
from guild.core.work import System
from guild.web import health, operations, pages
from guild.web.openapi import openapi_config
from guild.web.problems import EXCEPTION_HANDLERS, answer
from guild.web.security_headers import security_headers
from guild.web.work import check_declared, provide_work

STATIC: Final = Path(__file__).parent / "static"
BODY_LIMIT: Final = 262_144
"""A quarter of a megabyte; upload routes raise it for themselves."""


def create_app(system: System) -> Litestar:
    """Build the application on the given resources; it starts no server and no job."""
    settings = system.settings
    api = [*features.ROUTES, *operations.ROUTES]
    routes = [*api, *features.PAGES, *pages.PAGES, *health.ROUTES]
    check_declared([handler for handler in routes if isinstance(handler, HTTPRouteHandler)])

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        yield
        await features.close(app.state.system)

    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=api),
            *features.PAGES,
            *pages.PAGES,
            *health.ROUTES,
            create_static_files_router("/static", directories=[STATIC], include_in_schema=False),
        ],
        dependencies={"work": Provide(provide_work)},
        state=State({"system": system}),
        lifespan=[] if system.nested else [lifespan],
        exception_handlers={**EXCEPTION_HANDLERS, Replay: _replayed, ExceptionGroup: _opened},
        before_send=[security_headers(secure=settings.secure_cookies)],
        allowed_hosts=AllowedHostsConfig(list(settings.allowed_hosts), www_redirect=False)
        if settings.allowed_hosts
        else None,
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(environment())
        ),
        openapi_config=openapi_config(),
        request_max_body_size=BODY_LIMIT,
        multipart_form_part_limit=20,
        response_cache_config=ResponseCacheConfig(),
        cors_config=None,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )


def _replayed(_: Request[Any, Any, Any], replay: Replay) -> Response[bytes]:
    return Response(
        replay.answer,
        status_code=replay.status,
        media_type=MediaType.JSON,
        headers={"Idempotent-Replay": "true"},
    )


def _opened(request: Request[Any, Any, Any], group: ExceptionGroup[Exception]) -> Response[Any]:
    """Litestar groups what the Work dependency raised in place of the handler's error."""
    inner = group.exceptions[0]
    if isinstance(inner, Replay):
        return _replayed(request, inner)
    return answer(request, inner)
