"""Where the files of an export lie: a folder of its own in the data folder."""

from pathlib import Path

from guild.core.ids import ExportId
from guild.core.work import Work


def folder_of(work: Work, export_id: ExportId) -> Path:
    """exports/<id>; it is emptied when the export's week is over."""
    return work.settings.data_dir / "exports" / str(export_id)


def part_path(work: Work, export_id: ExportId, number: int) -> Path:
    """One finished part."""
    return folder_of(work, export_id) / f"part-{number:05d}.zip"


def file_path(work: Work, export_id: ExportId) -> Path:
    """The finished file."""
    return folder_of(work, export_id) / "export.zip"
