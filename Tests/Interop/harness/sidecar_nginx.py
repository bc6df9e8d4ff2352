"""Debian's nginx with the configuration we ship, on free ports and in a folder of the test's own."""

import os
import pathlib
import re
import shutil
import ssl
import subprocess
import time

from .redis import free_port
from .server import REPOSITORY

SHIPPED = REPOSITORY / "config" / "nginx" / "hawker-hls.conf"

FRAME = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    log_format upstream '$upstream_cache_status $status $uri';
    access_log {folder}/access.log upstream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hawker-hls.conf;
}}
"""


class Nginx:
    """`hawker-hls.conf` with nothing changed but names, ports and folders."""

    def __init__(self, folder, upstream):
        self.folder = pathlib.Path(folder) / "nginx"
        self.folder.mkdir()
        self.port = free_port()
        certificate = self.folder / "cert.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.folder / "key.pem", "-out", certificate, "-days", "2",
             "-subj", "/CN=hls.example"],
            check=True, capture_output=True, timeout=20)
        text = SHIPPED.read_text()
        for pattern, value in (
            (r"listen 443 ", f"listen 127.0.0.1:{self.port} "), (r"\n\s*listen \[::\]:443 [^\n]*", ""),
            (r"127\.0\.0\.1:8088", upstream), (r"/var/cache/nginx", str(self.folder)),
            (r"/etc/letsencrypt/live/hls\.example/fullchain\.pem", str(certificate)),
            (r"/etc/letsencrypt/live/hls\.example/privkey\.pem", str(self.folder / "key.pem")),
        ):
            text, count = re.subn(pattern, value, text)
            assert count, f"{pattern} is not in the shipped configuration"
        (self.folder / "hawker-hls.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(FRAME.format(
            # Its workers would be another user, who may not read a test's folder.
            folder=self.folder, user="user root;" if os.geteuid() == 0 else ""))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.child = subprocess.Popen(
            [program, "-p", self.folder, "-e", self.folder / "error.log",
             "-c", self.folder / "nginx.conf"],
            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (self.folder / "nginx.pid").exists():
            assert self.child.poll() is None and time.monotonic() < deadline, self.errors()
            time.sleep(0.02)
        self.tls = ssl.create_default_context(cafile=certificate)
        self.tls.check_hostname = False

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def worker(self):
        """The process that serves."""
        pid = self.child.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def errors(self):
        log = self.folder / "error.log"
        return log.read_text() if log.exists() else ""

    def requests(self):
        """(cache status, status, path) of every request so far."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [tuple(line.split(" ", 2)) for line in lines]

    def stop(self):
        self.child.terminate()
        self.child.wait(10)
