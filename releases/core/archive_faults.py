"""What goes wrong in an archive that somebody else packed: the one list, for whoever opens one."""

import lzma
import zipfile
import zlib

ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,  # a part that ends before it should
    KeyError,  # a part that is not there
    RuntimeError,  # locked with a password, or packed in a way of its own (NotImplementedError)
    OSError,
    ValueError,
)
