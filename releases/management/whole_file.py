"""A file that a command writes: whole, or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

READ_BY_ALL = 0o644


@contextmanager
def whole_file(path: Path, *, mode: int = READ_BY_ALL) -> Iterator[IO[bytes]]:
    """Give a file beside the place for the time of a `with` block, and move it there at the end.

    :param mode: who may read the file afterwards; while it is written nobody else may.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        beside = Path(file.name)
        try:
            yield file
            file.flush()
            beside.chmod(mode)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
