"""
confined.py UNIT COMMAND…: runs a command under the system calls and address families that a unit of systemd leaves its service.
What systemd itself says of its groups is given to the kernel as systemd gives it, through the same library.
"""
import ctypes
import errno
import os
import re
import socket
import subprocess
import sys

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EAFNOSUPPORT
EQUAL, LESS, GREATER = 4, 2, 6


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def expanded(names):
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
        calls |= expanded(line.strip() for line in said.splitlines()[1:] if line.strip() and not line.strip().startswith("#"))
    return calls


with open(sys.argv[1]) as file:
    settings = re.findall(r"^(\w+)=(.*)$", file.read(), re.M)

calls = set()
for key, value in settings:
    if key == "SystemCallFilter":
        calls = calls - expanded(value[1:].split()) if value.startswith("~") else calls | expanded(value.split())
# The service has a user of its own. As root SQLite would give its files to whom the database belongs.
if os.geteuid() == 0:
    calls.add("fchown")
families = sorted(getattr(socket, name) for key, value in settings if key == "RestrictAddressFamilies" for name in value.split())

library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(KILL))


def rule(action, call, *compared):
    number = library.seccomp_syscall_resolve_name(call.encode())
    done = library.seccomp_rule_add_array(context, action, number, len(compared), (Compare * len(compared))(*compared))
    # Not every machine has every call.
    if done not in (0, -errno.EDOM, -errno.EINVAL):
        raise OSError(-done, call)


for call in calls - {"socket"}:
    rule(ALLOW, call)
rule(REFUSE, "socket", Compare(0, LESS, families[0], 0))
rule(REFUSE, "socket", Compare(0, GREATER, families[-1], 0))
for family in range(families[0], families[-1] + 1):
    rule(ALLOW if family in families else REFUSE, "socket", Compare(0, EQUAL, family, 0))
if library.seccomp_load(context) != 0:
    raise OSError("the kernel does not take the filter")
os.execvp(sys.argv[2], sys.argv[2:])
