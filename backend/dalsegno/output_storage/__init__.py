"""Stored outputs and captured prints: where they lie, and writing and reading them."""

from dalsegno.output_storage.output_file import DAMAGED, GONE, DamagedBytesError, LogWriter, OutputFile, StoredOutput
from dalsegno.output_storage.storage import OutputStorage

__all__ = ["DAMAGED", "GONE", "DamagedBytesError", "LogWriter", "OutputFile", "OutputStorage", "StoredOutput"]
