"""The page on which a member hands a delivery over to her client."""

import base64
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from guild.contracts import commands, queries
from guild.contracts.commands.files import ALL_BYTES_MAX, FILE_BYTES_MAX
from guild.contracts.pages.client import _page
from guild.contracts.pages.forms import Faults
from guild.contracts.routes.contract import DELIVERY_MAX_BYTES
from guild.contracts.schemas import DeliveryIn
from guild.contracts.schemas.contract import PLAIN, FileIn, MediaType, WebLink
from guild.core.ids import MilestoneId
from guild.core.permissions import Permission
from guild.core.wire import LongText, ShortText, get, post
from guild.core.work import Work

FILES_MAX: Final = 5
LINKS_MAX: Final = 20
NOTE: Final = "Write what you hand over, in at most 5000 characters."
LINK: Final = "Write each link on a line of its own, whole, such as https://example.org/work.pdf."
TOO_MANY_LINKS: Final = f"Give at most {LINKS_MAX} links."
TOO_MANY_FILES: Final = f"Choose at most {FILES_MAX} files, or put them into one archive."
FILE_NAME: Final = "Give the file a name of at most 200 letters."
FILE_EMPTY: Final = "“{name}” is empty. Choose another file."
TOO_LARGE: Final = (
    "“{name}” is too large. Hand over at most 5 MB in one file and 12 MB together, or give a link."
)


Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/milestones/{milestone_id:uuid}/deliver", permission=Permission.CONTRACTS_DRAFT,
     include_in_schema=False)  # fmt: skip
async def deliver_page(work: Work, milestone_id: MilestoneId) -> Response[str]:
    """What is agreed, what the client asked to have changed, and the form."""
    return await _shown(work, milestone_id, {}, [])


async def _shown(
    work: Work, milestone_id: MilestoneId, form: dict[str, Any], errors: Faults
) -> Response[str]:
    contract, milestone, wishes = await queries.to_deliver(work, milestone_id)
    return _page(
        work, "contracts/deliver.html", status=422 if errors else 200, section="/contracts",
        contract=contract, milestone=milestone, wishes=wishes, form=form, errors=errors,
    )  # fmt: skip


@post("/milestones/{milestone_id:uuid}/deliver", permission=Permission.CONTRACTS_DRAFT,
      request_max_body_size=DELIVERY_MAX_BYTES, include_in_schema=False,
      status_code=303)  # fmt: skip
async def deliver(work: Work, milestone_id: UUID, data: Upload) -> Response[Any]:
    """Hand it over: the client gets a link, and its days to answer run from now."""
    mine = MilestoneId(milestone_id)
    contract, _, _ = await queries.to_deliver(work, mine)
    wanted, errors = await _typed(data)
    if wanted is None:
        return await _shown(work, mine, data, errors)
    await commands.deliver_milestone(work, mine, wanted)
    return Redirect(f"/contracts/{contract.id}#deliveries", status_code=303)


async def _typed(data: dict[str, Any]) -> tuple[DeliveryIn | None, Faults]:
    """The delivery, or everything that is wrong with the form, each by its field."""
    errors: Faults = []
    note = _text(data, "note")
    if not _fits(note, LongText):
        errors.append({"field": "note", "text": NOTE})
    links = [line.strip() for line in _text(data, "links").splitlines() if line.strip()]
    if len(links) > LINKS_MAX:
        errors.append({"field": "links", "text": TOO_MANY_LINKS})
    elif not all(_fits(link, WebLink) for link in links):
        errors.append({"field": "links", "text": LINK})
    files, refused = await _files(data.get("files"))
    errors += refused
    if errors:
        return None, errors
    return DeliveryIn(note=note, links=tuple(links), files=tuple(files)), []


async def _files(sent: Any) -> tuple[list[FileIn], Faults]:
    """The chosen files; a browser sends an empty text where none is chosen."""
    chosen = [one for one in (sent if isinstance(sent, list) else [sent])
              if isinstance(one, UploadFile)]  # fmt: skip
    if len(chosen) > FILES_MAX:
        return [], [{"field": "files", "text": TOO_MANY_FILES}]
    files: list[FileIn] = []
    errors: Faults = []
    total = 0
    for one in chosen:
        content = await one.read()
        total += len(content)
        if not content:
            text = FILE_EMPTY.format(name=one.filename)
            errors.append({"field": "files", "text": text})
        elif len(content) > FILE_BYTES_MAX or total > ALL_BYTES_MAX:
            errors.append({"field": "files", "text": TOO_LARGE.format(name=one.filename)})
        elif not _fits(one.filename, ShortText):
            errors.append({"field": "files", "text": FILE_NAME})
        else:
            files.append(_file(one, content))
    return files, errors


def _text(data: dict[str, Any], name: str) -> str:
    typed = data.get(name, "")
    return typed.strip() if isinstance(typed, str) else ""


def _file(one: UploadFile, content: bytes) -> FileIn:
    """The bytes as the wire takes them."""
    kind = one.content_type.partition(";")[0].strip()
    return FileIn(
        name=one.filename,
        content=base64.b64encode(content).decode(),
        media_type=kind if _fits(kind, MediaType) else PLAIN,
    )


def _fits(value: str, shape: Any) -> bool:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return False
    return True


PAGES = [deliver_page, deliver]
