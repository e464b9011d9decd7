"""The OpenAPI document, completed from what the routes declare, and its pages at /docs.

Litestar derives paths and schemas from the handlers. What it cannot know is added here: who may
call an operation (from its declared permission), the `Idempotency-Key` header (from `post_once`),
our problem documents in place of Litestar's own errors, and an example for each body. The pages
work offline: Swagger UI is vendored under `static/swagger` with its licence (Apache-2.0), and
nothing is loaded from elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, cast

import msgspec
from litestar import Litestar, Request, Response
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import License, Tag
from litestar.routes import HTTPRoute
from litestar.types.internal_types import PathParameterDefinition

from guild import __version__
from guild.core.pages import environment
from guild.core.permissions import ANONYMOUS, Permission
from guild.core.settings import Cooperative
from guild.core.work import System
from guild.web.csrf import csrf_token
from guild.web.examples import example_of
from guild.web.openapi_words import (
    ANSWERS,
    DESCRIPTION,
    FILE,
    IDEMPOTENCY_KEY,
    JSON_FILE,
    PROBLEM,
    SECURITY,
    TAGS,
    Document,
)

DONE: Final = {"200": "Done.", "201": "Made.", "204": "Done; there is nothing to tell."}
DOCS_ASSETS: Final = (
    "/static/swagger/swagger-ui.css",
    "/static/swagger/docs.css",
    "/static/swagger/swagger-ui-bundle.js",
    "/static/swagger/start.js",
)
"""What /docs loads; all of it is served from here."""
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})


class JsonDocument(OpenAPIRenderPlugin):
    """/docs/openapi.json: the completed document."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """Complete Litestar's document once per process and serve it."""
        return msgspec.json.encode(_completed_once(request.app, openapi_schema))


class DocsPage(OpenAPIRenderPlugin):
    """/docs: the interactive page."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """The page loads the document and our own vendored script; it holds no data."""
        system = request.app.state.get("system")
        coop = system.settings.coop if isinstance(system, System) else Cooperative()
        template = environment().get_template("web/docs.html")
        version = openapi_schema["info"]["version"]
        token = csrf_token(request, system.settings) if isinstance(system, System) else ""
        context = {"csrf": token, "actor": ANONYMOUS, "lang": "en", "coop": coop, "csrf_field": str}
        return template.render(version=version, **context).encode()


def openapi_config() -> OpenAPIConfig:
    """For `Litestar(openapi_config=…)`."""
    return OpenAPIConfig(
        title="Guild",
        version=__version__,
        summary="The back office of a freelancers' union-cooperative",
        description=DESCRIPTION,
        license=License(name="AGPL-3.0-or-later", identifier="AGPL-3.0-or-later"),
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        path="/docs",
        render_plugins=[DocsPage(), JsonDocument()],
    )


def _operation_id(
    handler: HTTPRouteHandler, _: object, path: Sequence[str | PathParameterDefinition]
) -> str:
    """`compliance_open_review`: the package and the use case; the path too where it has several."""
    name = f"{handler.fn.__module__.split('.')[1]}_{handler.handler_name}"
    if len(handler.paths) == 1:
        return name
    return "_".join([name, *(part for part in path if isinstance(part, str))])


def document(app: Litestar) -> Document:
    """The completed OpenAPI document, for the golden file and the tests."""
    return _completed_once(app, app.openapi_schema.to_schema())


def _completed_once(app: Litestar, schema: Document) -> Document:
    if "openapi_document" not in app.state:
        app.state["openapi_document"] = complete(schema, _handlers(app))
    return cast("Document", app.state["openapi_document"])


def _handlers(app: Litestar) -> dict[tuple[str, str], HTTPRouteHandler]:
    """Handlers by path as OpenAPI writes it, and method."""
    return {
        (route.path_format or "/", method.lower()): handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    }


def complete(schema: Document, handlers: Mapping[tuple[str, str], HTTPRouteHandler]) -> Document:
    """Add what Litestar cannot know. Pages for people are left out: they are no interface."""
    whole = deepcopy(schema)
    whole["paths"] = {
        path: item
        for path, item in whole.get("paths", {}).items()
        if path.startswith("/api/") or path in {"/health", "/ready"}
    }
    components = whole.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = dict(SECURITY)
    components["responses"] = {f"Problem{status}": _answer(status) for status in ANSWERS}
    whole["servers"] = [{"url": "/"}]
    used: set[str] = set()
    for path, method, operation in operations(whole):
        handler = handlers.get((path, method))
        _complete_operation(operation, method, handler)
        _give_examples(operation, components["schemas"])
        used.update(operation.get("tags") or [])
    known = [tag for tag in whole.get("tags", []) if tag["name"] in used]
    named = {tag["name"] for tag in known}
    whole["tags"] = known + [{"name": name} for name in sorted(used - named)]
    _drop_unused_schemas(whole)
    _say_what_lists_hold(whole)
    return whole


def operations(whole: Document) -> Iterator[tuple[str, str, Document]]:
    """Every operation with its path and method."""
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _answer(status: int) -> Document:
    code, description, detail = ANSWERS[status]
    example = {
        "type": f"urn:guild:problem:{code}",
        "title": description.split(";")[0].rstrip("."),
        "status": status,
        "code": code,
        "detail": detail,
        "instance": "/api/v1/…",
    }
    answer: Document = {
        "description": description,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example,
            }
        },
    }
    if status in {429, 503}:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return answer


def _complete_operation(operation: Document, method: str, handler: HTTPRouteHandler | None) -> None:
    options: Mapping[str, Any] = handler.opt if handler else {}
    permission = options.get("permission")
    operation["security"] = _security(permission)
    if isinstance(permission, Permission):
        operation["x-permission"] = permission.value
    if options.get("idempotent"):
        operation.setdefault("parameters", []).append(deepcopy(IDEMPOTENCY_KEY))
    responses = operation.setdefault("responses", {})
    signed = bool(options.get("signed"))
    for status in _statuses(operation, method, permission, signed=signed):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    _tell_bodies(responses, handler)
    for code, words in DONE.items():
        if code in responses:
            responses[code]["description"] = words
    operation["responses"] = {code: responses[code] for code in sorted(responses)}


def _security(permission: object) -> list[dict[str, list[str]]]:
    if permission is Permission.PUBLIC:
        return []
    if permission is Permission.LINK:
        return [{"personalLink": []}]
    return [{"session": []}, {"apiKey": []}]


def _statuses(
    operation: Document, method: str, permission: object, *, signed: bool
) -> Iterator[int]:
    """Which problems an operation can answer with. What is `signed` is read as raw bytes."""
    has_body = signed or bool(operation.get("requestBody"))
    takes_input = has_body or bool(operation.get("parameters"))
    closed, writes = permission is not Permission.PUBLIC, method != "get"
    if takes_input or writes:
        yield 400
        yield 422
    if closed or writes:
        yield 401
        yield 403
    if closed or takes_input:
        yield 404
    if writes:
        yield 409
        yield 429
    if has_body:
        yield 413
    yield 500
    yield 503


def _tell_bodies(responses: Document, handler: HTTPRouteHandler | None) -> None:
    """Files are what they are, not JSON; 204 has no body at all.

    A route whose answer is a file declares its `media_type`, or `files` where it has several: what
    is not declared would be told wrongly, so the document is not made without it.
    """
    responses.get("204", {}).pop("content", None)
    answer = handler.parsed_fn_signature.return_type.annotation if handler else None
    for code in ("200", "201"):
        content = responses.get(code, {}).get("content", {})
        if "application/json" in content and answer == Response[bytes]:
            assert handler is not None, "an annotation was read from it"
            responses[code]["content"] = {
                kind: {"schema": JSON_FILE if kind == "application/json" else FILE}
                for kind in handler.opt["files"]
            }


def _give_examples(operation: Document, schemas: Document) -> None:
    """An example for each JSON body in and out."""
    bodies = [operation.get("requestBody") or {}]
    bodies += [answer for answer in operation["responses"].values() if "content" in answer]
    for body in bodies:
        media = body.get("content", {}).get("application/json")
        if media and "example" not in media and media.get("schema"):
            media["example"] = example_of(media["schema"], schemas)


def _say_what_lists_hold(whole: Document) -> None:
    """Litestar takes the dots of `tuple[X, ...]` for a second kind of item: anything at all."""
    queue: list[Any] = [whole]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            items = node.get("items")
            choices = items.get("oneOf", []) if isinstance(items, dict) else []
            if len(choices) == 2 and choices[1] == {}:
                node["items"] = choices[0]
            queue.extend(node.values())
        elif isinstance(node, list):
            queue.extend(node)


def _drop_unused_schemas(whole: Document) -> None:
    """Schemas that only pages used say nothing about the interface."""
    schemas = whole["components"]["schemas"]
    reached: set[str] = set()
    queue: list[Any] = [whole["paths"], whole["components"]["responses"]]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in reached:
                reached.add(name)
                queue.append(schemas[name])
            queue.extend(node.values())
        elif isinstance(node, list):
            queue.extend(node)
    whole["components"]["schemas"] = {name: schemas[name] for name in sorted(reached)}
