"""A real nginx of one test's own, with a server block of our documentation, on a port and certificate of its own."""

import http.client
import shutil
import socket
import ssl
import subprocess
import time

from .redis import free_port


class Nginx:
    """`sample` listens on 443; what it says of the machine is changed, and nothing else."""

    def __init__(self, folder, sample):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        assert program, "there is no nginx: run scripts/setup test"
        folder.mkdir(parents=True)
        self.port = free_port()
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
             "2", "-subj", "/CN=live.example", "-addext", "subjectAltName=DNS:live.example", "-keyout", key, "-out",
             certificate],
            check=True, capture_output=True, timeout=30)
        listen = "listen 443 ssl http2;"
        assert listen in sample
        sample = sample.replace(
            listen, f"listen 127.0.0.1:{self.port} ssl http2;\n    ssl_certificate {certificate};\n"
            f"    ssl_certificate_key {key};")
        temporary = "".join(
            f"    {name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off;\nmaster_process off;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'};\n"
            f"events {{}}\nhttp {{\n    access_log off;\n{temporary}{sample}}}\n")
        self.child = subprocess.Popen(
            [program, "-c", configuration, "-p", folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        self.context = ssl.create_default_context(cafile=str(certificate))
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.child.poll() is None, self.child.stderr.read().decode()
                assert time.monotonic() < deadline, "nginx did not start"
                time.sleep(0.05)

    def request(self, method, path, body=None, headers=None):
        """Status and text."""
        connection = http.client.HTTPSConnection("live.example", self.port, context=self.context, timeout=60)
        # The name is the certificate's; the address is here.
        connection._create_connection = lambda _, *rest, **more: socket.create_connection(
            ("127.0.0.1", self.port), *rest, **more)
        try:
            connection.request(method, path, body, {"Host": "live.example", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def stop(self):
        self.child.kill()
        self.child.wait(10)
