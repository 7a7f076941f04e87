"""What a staff server's container may ask of the kernel, so that exam rooms can be made inside it.

bubblewrap makes a room of namespaces, which Docker's own profile gives to nobody without the machine's powers. A staff
server has no powers either; it may make namespaces, and is denied what reaches the machine itself. The room then has a
filter of its own. Students' servers keep Docker's profile.
"""

from __future__ import annotations

import json

__all__ = ["NO_APPARMOR", "PROFILE", "SECURITY", "UNMASKED"]

_DENIED = (
    *("acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "delete_module", "fanotify_init", "finit_module"),
    *("init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp"),
    *("kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "name_to_handle_at", "nfsservctl"),
    *("open_by_handle_at", "perf_event_open", "process_vm_readv", "process_vm_writev", "quotactl", "reboot"),
    *("request_key", "setns", "settimeofday", "swapoff", "swapon", "sysfs", "syslog", "userfaultfd", "vhangup"),
)

PROFILE = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": list(_DENIED), "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
}
"""The filter itself, in the form that container engines read."""

NO_APPARMOR = "apparmor=unconfined"
"""Where the machine has AppArmor, Docker's profile for it refuses every mount; elsewhere this changes nothing."""

SECURITY = ("no-new-privileges", NO_APPARMOR, f"seccomp={json.dumps(PROFILE, sort_keys=True)}")
"""Docker's security options of a staff server."""

UNMASKED: dict[str, list[str]] = {"MaskedPaths": [], "ReadonlyPaths": []}
"""A /proc of a room's own can be mounted only where nothing covers a part of the container's."""
