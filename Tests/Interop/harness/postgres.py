"""A PostgreSQL of one test's own: a temporary folder, a Unix socket alone, gone with the test process."""

import json
import os
import pathlib
import subprocess

# A shell in between stops the server by its id and removes the folder when its input ends, however the
# test process ended. PostgreSQL refuses to run as root.
SCRIPT = r"""
folder=$(mktemp -d "$2/hawker-pg-XXXXXX") || exit 1
trap '' INT TERM
"$1/initdb" -D "$folder/data" -A trust -U hawker -E UTF8 --no-locale >"$folder/log" 2>&1 &&
{ "$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c shared_buffers=32MB $3 \
    >>"$folder/log" 2>&1 </dev/null &
  server=$!
  for try in $(seq 300); do
    "$1/pg_isready" -q -h "$folder" -U hawker -d postgres && { echo "$folder"; break; }
    kill -0 $server 2>/dev/null || break
    sleep 0.1
  done
  read -r word
  kill -INT $server; wait $server; }
rm -rf "$folder"
"""


class PostgresServer:
    def __init__(self, parent="/tmp", options=""):
        """The folder's parent must be one that everybody may write to; `options` as `-c name=value`."""
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*"), key=lambda each: int(each.name))
        assert versions, "PostgreSQL is not installed, and this test needs it: run scripts/setup test"
        self.bin = versions[-1] / "bin"
        self.shell = subprocess.Popen(
            [*self.other_user(), "/bin/sh", "-c", SCRIPT, "sh", str(self.bin), str(parent), options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        self.folder = self.shell.stdout.readline().strip()
        assert self.folder, "PostgreSQL did not start"
        self.url = f"postgres:///postgres?user=hawker&host={self.folder}"

    @staticmethod
    def other_user():
        if os.getuid() != 0:
            return []
        maps = pathlib.Path("/proc/self/uid_map").read_text().split()
        if maps[2] == "1":
            # Root of a user namespace that knows nobody else.
            return ["unshare", "--user", "--map-user=1000", "--"]
        return ["runuser", "-u", "postgres", "--"]

    def rows(self, query):
        """The rows of a query, as lists."""
        wrapped = f"SELECT coalesce(json_agg(to_json(t)), '[]') FROM ({query}) AS t"
        made = subprocess.run(
            [str(self.bin / "psql"), "-X", "-At", "-d", self.url, "-c", wrapped],
            capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        return [list(each.values()) for each in json.loads(made.stdout)]

    def stop(self):
        self.shell.stdin.close()
        self.shell.wait(60)
