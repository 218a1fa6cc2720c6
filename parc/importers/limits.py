"""What a file may at most be, and the error of one that is more, or is no table at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from parc.errors import ParcError


class FileError(ParcError):
    """A file that cannot be read; ``code`` and ``value`` are for a text in the reader's language.

    Attributes:
        line: where in the file, when that is known; counted from 1.
    """

    def __init__(self, code: str, value: str = "", line: int | None = None) -> None:
        where = f"line {line}: " if line else ""
        super().__init__(f"{where}{code} {value}".rstrip())
        self.code = code
        self.value = value
        self.line = line


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no honest file of records meets.

    Attributes:
        file_octets: of the file as it is sent.
        inflated_octets: of all parts of a workbook that are read.
        line_characters: of one line of a text file.
        cell_characters: of one cell.
        text_characters: of all texts that the cells of a workbook share.
    """

    file_octets: int = 64 * 1024 * 1024
    inflated_octets: int = 256 * 1024 * 1024
    line_characters: int = 1_000_000
    cell_characters: int = 100_000
    text_characters: int = 64_000_000
    columns: int = 500
    rows: int = 250_000
    members: int = 2_000


LIMITS: Final = Limits()
