"""Files handed over with a delivery: taken in, stored under their hash, named in the evidence."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final

from guild.contracts.errors import FileRefused
from guild.contracts.models import Contract, Delivery, DeliveryFile
from guild.contracts.schemas.contract import FileIn
from guild.core.ids import DocumentId, new_id
from guild.core.work import Work
from guild.documents import commands as documents
from guild.documents.rules import safe_name

FILE_BYTES_MAX: Final = 5_000_000
ALL_BYTES_MAX: Final = 12_000_000


async def keep_files(
    work: Work, contract: Contract, delivery: Delivery, files: Sequence[FileIn]
) -> list[DeliveryFile]:
    """Store the files of a delivery. Raises FileRefused for one that is too large or empty."""
    kept = []
    total = 0
    for position, one in enumerate(files, start=1):
        field = f"files[{position - 1}].content"
        try:
            content = base64.b64decode(one.content, validate=True)
        except binascii.Error:
            raise FileRefused(f"“{one.name}” is not base64.", field=field) from None
        total += len(content)
        if not content or len(content) > FILE_BYTES_MAX or total > ALL_BYTES_MAX:
            raise FileRefused(
                f"“{one.name}” is empty or too large.", field=field,
                mend="Hand over at most 5 MB in one file and 12 MB together, or give a link.",
            )  # fmt: skip
        name = safe_name(one.name)
        row = DeliveryFile(
            id=DocumentId(new_id()), delivery_id=delivery.id, milestone_id=delivery.milestone_id,
            position=position, name=name, media_type=one.media_type, size=len(content),
            document_id=await documents.store(work, content, one.media_type, name, contract.id),
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        work.session.add(row)
        kept.append(row)
    await work.session.flush()
    return kept
