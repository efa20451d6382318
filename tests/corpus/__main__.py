"""Print the confusion tables of the corpus: `python -m tests.corpus [--cases]`."""

import argparse

from tests.corpus.table import case_list, confusion_table

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--cases", action="store_true", help="list every look with what was found and why")
    asked = parser.parse_args()
    print(confusion_table())  # noqa: T201  # a command for people
    if asked.cases:
        print("\n" + case_list())  # noqa: T201
