"""Runs a Python script or another command, and tells at its end what it took on file descriptor 3.

usage.py script.py args...     in this process
usage.py -- command args...    in a process of its own, whose peak of memory is not told: it begins with ours
"""

import json
import os
import resource
import sys


def tell(cpu_seconds, peak_kib=None):
    peak_mb = None if peak_kib is None else peak_kib * 1024 / 1e6
    os.write(3, json.dumps({"cpuMs": cpu_seconds * 1000, "peakMb": peak_mb}).encode())


if sys.argv[1] == "--":
    pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 3)])
    _, status, usage = os.wait4(pid, 0)
    tell(usage.ru_utime + usage.ru_stime)
    sys.exit(os.waitstatus_to_exitcode(status))

import atexit


def tell_ours():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    try:
        with open("/proc/self/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        peak = usage.ru_maxrss
    tell(usage.ru_utime + usage.ru_stime, peak)


atexit.register(tell_ours)
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
with open(sys.argv[0]) as script:
    exec(compile(script.read(), sys.argv[0], "exec"), {"__name__": "__main__"})
