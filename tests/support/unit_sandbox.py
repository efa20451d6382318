"""Run a command with the limits that a systemd unit sets, where no systemd runs: as root, on Linux, with libseccomp.

    python -m tests.support.unit_sandbox UNIT-FILE [DROP-IN-FILE ...] -- COMMAND ...

It reads the files as systemd does, and applies what can stand between Chromium and its sandbox: the filters of system
calls, namespaces, address families and real-time scheduling, NoNewPrivileges, PrivateUsers, ProtectProc and ProcSubset,
the empty set of capabilities, and an account without rights. It leaves out what only hides files and devices.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ACCOUNT = 65534
NEWNS, NEWUSER = 0x20000, 0x10000000
NAMESPACES = {"cgroup": 0x2000000, "ipc": 0x8000000, "net": 0x40000000, "mnt": NEWNS, "pid": 0x20000000,
              "user": NEWUSER, "uts": 0x4000000, "time": 0x80}  # fmt: skip
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
MS_REC, MS_PRIVATE = 0x4000, 0x40000
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
EQUAL, MASKED = 4, 7
LAST_FAMILY = 47


class Argument(ctypes.Structure):
    """A condition on one argument of a system call, as libseccomp has it."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


class Unit:
    """The values of some options of a unit with its drop-in files."""

    def __init__(self, *files: Path) -> None:
        self.lines: dict[str, list[str]] = {}
        for file in files:
            section = ""
            for line in file.read_text().splitlines():
                if line.startswith("["):
                    section = line
                elif section == "[Service]" and "=" in line and not line.startswith("#"):
                    name, _, value = line.partition("=")
                    # An empty value forgets what was before.
                    self.lines[name] = [*self.lines.get(name, ()), value] if value else []

    def last(self, name: str) -> str:
        return self.lines.get(name, [""])[-1] if self.lines.get(name) else ""

    def allowed_calls(self) -> set[str]:
        """Return the names of the system calls that SystemCallFilter allows: each line adds, and one with ~ takes."""
        allowed = set(_calls("@default"))
        for line in self.lines["SystemCallFilter"]:
            names = {call for word in line.removeprefix("~").split() for call in _calls(word)}
            allowed = allowed - names if line.startswith("~") else allowed | names
        return allowed

    def refused_namespaces(self) -> int:
        """Return the flags of the namespaces that RestrictNamespaces does not allow."""
        written = self.last("RestrictNamespaces")
        if written in {"", "no"}:
            return 0
        allowed = set() if written == "yes" else set(written.split())
        return sum(flag for name, flag in NAMESPACES.items() if name not in allowed)


def _calls(word: str) -> list[str]:
    if not word.startswith("@"):
        return [word]
    listed = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    members = [line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return [call for member in members for call in _calls(member)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno() or -result, f"{what}: {os.strerror(ctypes.get_errno() or -result)}")


class _Filter:
    """One filter of system calls, which is loaded at the end of a `with` block."""

    def __init__(self, otherwise: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, call: str, *arguments: Argument) -> None:
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:  # of another architecture or a later kernel
            return
        listed = (Argument * max(1, len(arguments)))(*arguments)
        add = self._library.seccomp_rule_add_array
        _checked(add(self._context, ctypes.c_uint32(action), number, len(arguments), listed), call)

    def __enter__(self) -> "_Filter":
        return self

    def __exit__(self, *_: object) -> None:
        _checked(self._library.seccomp_load(self._context), "seccomp_load")


def _errno(code: int) -> int:
    return SCMP_ACT_ERRNO | code


def limit(unit: Unit) -> None:
    """Give this process the limits of a unit; the account that it then has can never leave them."""
    libc = _libc()
    _limit_proc(unit, libc)
    _limit_rights(unit, libc)
    _limit_calls(unit)


def _limit_proc(unit: Unit, libc: ctypes.CDLL) -> None:
    options = ["subset=pid"] * (unit.last("ProcSubset") == "pid")
    options += ["hidepid=invisible"] * (unit.last("ProtectProc") == "invisible")
    if options:
        _checked(libc.unshare(NEWNS), "unshare")
        _checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
        _checked(libc.mount(b"proc", b"/proc", b"proc", 0, ",".join(options).encode()), "mount /proc")


def _limit_rights(unit: Unit, libc: ctypes.CDLL) -> None:
    def drop_bounding_set() -> None:
        for capability in range(64) if not unit.last("CapabilityBoundingSet") else ():
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)

    drop_bounding_set()
    os.setgroups([])
    os.setresgid(ACCOUNT, ACCOUNT, ACCOUNT)
    os.setresuid(ACCOUNT, ACCOUNT, ACCOUNT)
    if unit.last("PrivateUsers") == "yes":
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # to write its own map
        _checked(libc.unshare(NEWUSER), "unshare user")
        Path("/proc/self/setgroups").write_text("deny")
        for name in ("uid_map", "gid_map"):
            Path("/proc/self", name).write_text(f"{ACCOUNT} {ACCOUNT} 1\n")
        drop_bounding_set()
    if unit.last("NoNewPrivileges") == "yes":
        _checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def _limit_calls(unit: Unit) -> None:
    with _Filter(SCMP_ACT_ALLOW) as namespaces:
        refused = [flag for flag in NAMESPACES.values() if unit.refused_namespaces() & flag]
        if refused:
            namespaces.add(_errno(ENOSYS), "clone3")  # its flags are in memory, which no filter reads
            namespaces.add(_errno(EPERM), "setns", Argument(1, EQUAL, 0, 0))
        for flag in refused:
            for call in ("clone", "unshare", "setns"):
                namespaces.add(_errno(EPERM), call, Argument(int(call == "setns"), MASKED, flag, flag))
    families = {FAMILIES[name] for name in unit.last("RestrictAddressFamilies").split()}
    with _Filter(SCMP_ACT_ALLOW) as sockets:
        for family in set(range(LAST_FAMILY)) - families if families else ():
            sockets.add(_errno(EAFNOSUPPORT), "socket", Argument(0, EQUAL, family, 0))
    with _Filter(_errno(EPERM)) as calls:
        for call in sorted(unit.allowed_calls()):
            calls.add(SCMP_ACT_ALLOW, call)


def main(arguments: Sequence[str]) -> None:
    end = arguments.index("--")
    limit(Unit(*map(Path, arguments[:end])))
    os.execvp(arguments[end + 1], list(arguments[end + 1 :]))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
