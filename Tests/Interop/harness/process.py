"""A child process with its output in a file, ended with its whole process group and no other."""

import contextlib
import os
import signal
import subprocess
import time


class Process:
    # Every one that was started: a test that fails early may not come to end its own.
    started = []

    def __init__(self, arguments, log, environment=None, stdout=None):
        self.name = os.path.basename(str(arguments[0]))
        self.log = log
        with open(log, "wb") as output:
            self.child = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout or output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        Process.started.append(self)

    @classmethod
    def end_all(cls):
        """Ends what still runs; its names."""
        left = [process for process in cls.started if process.running]
        for process in left:
            process.kill()
        return [process.name for process in left]

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_line(self, matches, timeout):
        """The first value other than None that `matches` gives for a line of the output."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for line in self.output().splitlines():
                found = matches(line)
                if found is not None:
                    return found
            if not self.running:
                break
            time.sleep(0.02)
        state = "is still running" if self.running else f"exited {self.child.returncode}"
        raise AssertionError(
            f"{self.name} {state} without the expected line; it said:\n{self.output()[-4000:]}"
        )

    def wait(self, timeout):
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} did not end in {timeout} s; it said:\n{self.output()[-4000:]}"
            ) from None

    def interrupt(self, timeout=10):
        """SIGTERM, then the exit code; a process that ignores it is killed and fails the test."""
        if self.running:
            self.child.terminate()
        return self.wait(timeout)

    def kill(self):
        # The group is ours alone (start_new_session), so a browser's children go with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(5)
