"""Values as pickles, by cloudpickle only where pickle cannot."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

# The module of a file of pipelines is named this and the file's stem: pickles name it, on every host alike.
FILE_MODULE_PREFIX = "dalsegno_file_"
PROTOCOL = 5


def pickled_by_reference(value: Any, file: BinaryIO) -> None:
    """Write the pickle of a value. Raises what pickle raises: PicklingError, TypeError, AttributeError, ..."""
    pickle.dump(value, file, PROTOCOL)


def pickled_by_value(value: Any, file: BinaryIO) -> None:
    """The same for what pickle can't write: functions and classes that no module holds."""
    # Loaded for the few values that need it.
    import cloudpickle  # type: ignore[import-untyped]

    cloudpickle.dump(value, file, PROTOCOL)


WAYS: tuple[Callable[[Any, BinaryIO], None], ...] = (pickled_by_reference, pickled_by_value)


def unpickled(content: bytes) -> Any:
    """The value of a pickle. Raises what unpickling raises, which may be anything."""
    try:
        return pickle.loads(content)
    except (AttributeError, ImportError):
        return _AcrossModules(io.BytesIO(content)).load()


class _AcrossModules(pickle.Unpickler):
    """Finds what an author's file defines, whether that file was the script or was loaded as a file of pipelines."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return super().find_class(module_name, global_name)
        except (AttributeError, ImportError):
            if module_name != "__main__" and not module_name.startswith(FILE_MODULE_PREFIX):
                raise
            for name in ("__main__", *sorted(name for name in sys.modules if name.startswith(FILE_MODULE_PREFIX))):
                found: Any = sys.modules[name]
                for part in global_name.split("."):
                    found = getattr(found, part, None)
                if found is not None:
                    return found
            raise
