"""Writing a file whole or not at all."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text


@contextmanager
def replacing(path: Path) -> Generator[Path, None, None]:
    """A path beside ``path`` to write to; it takes the place of ``path`` when the block ends well.

    Raises ConfigurationError (exit 6) when the folder is absent, closed to writing, or full.
    """
    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        beside = Path(name)
        yield beside
        beside.chmod(0o640)
        beside.replace(path)
    except OSError as error:
        raise ConfigurationError(
            Text(
                "文件「{name}」写不进去：{why}。换一个可写的文件夹，或腾出空间后再试。",
                '"{name}" cannot be written: {why}. Choose a folder that can be written to, or free some space.',
            ),
            code="file_unwritable",
            name=str(path)[-200:],
            why=error.strerror or type(error).__name__,
        ) from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)
