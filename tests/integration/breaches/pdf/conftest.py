"""A report printed into a file."""

import pytest

from tests.integration.breaches.pdf.documents import rendered


@pytest.fixture
def printed(tmp_path):
    """Print a document into a file and return the file's path."""

    def print_to_file(document):
        path = tmp_path / "report.pdf"
        path.write_bytes(rendered(document))
        return path

    return print_to_file
