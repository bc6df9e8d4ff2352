"""A disk that takes its time: what is acknowledged before it is written shows when the process is killed."""

import os
import shutil
import subprocess

SOURCE = r"""
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int file) { usleep(PAUSE); return syscall(SYS_fsync, file); }
int fdatasync(int file) { usleep(PAUSE); return syscall(SYS_fdatasync, file); }
"""
MICROSECONDS = 15_000


def environment(folder):
    """Of a process whose every fsync takes 15 ms longer."""
    os.makedirs(folder, exist_ok=True)
    source, library = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(SOURCE)
    subprocess.run(
        [shutil.which("cc") or "clang", "-shared", "-fPIC", f"-DPAUSE={MICROSECONDS}", "-o", library, source],
        check=True)
    return {"LD_PRELOAD": str(library)}
