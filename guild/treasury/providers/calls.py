"""One careful HTTP call: certificates checked, no redirects, a limit on time and size."""

from typing import Any, Final

import httpx
import msgspec

from guild.treasury.providers.interface import ProviderAway

TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
ANSWER_MAX: Final = 1_000_000


async def call(
    method: str, url: str, headers: dict[str, str], **sent: Any
) -> dict[str, Any] | None:
    """The JSON of the answer; None for 404. Raises ProviderAway for everything unexpected."""
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
            answer = await client.request(method, url, headers=headers, **sent)
    except httpx.HTTPError as away:
        raise ProviderAway(type(away).__name__) from away
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.is_error or answer.is_redirect or len(answer.content) > ANSWER_MAX:
        raise ProviderAway(f"HTTP {answer.status_code}")
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError as broken:
        raise ProviderAway("the answer is no JSON object") from broken
