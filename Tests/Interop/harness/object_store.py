"""S3-compatible storage of one test's own: moto's server, which checks every signature, behind a gate that can be shut."""

import contextlib
import http.server
import json
import socket
import ssl
import sys
import threading
import time
import urllib.request

import boto3
import botocore.exceptions

from .demo_shop import free_port
from .process import Process

BUCKET, PREFIX, REGION = "shows", "live", "eu-central-1"


class Gate:
    """Passes connections on while it is open; shut, it has none and takes none. `certificate`: (PEM, key) for TLS."""

    def __init__(self, port, certificate=None):
        self.inner, self.port = port, free_port()
        self.context = None
        if certificate:
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(*certificate)
        self.listener, self.pairs = None, []
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def shut(self):
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()

    def _accept(self, listener):
        while True:
            try:
                outer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(outer,), daemon=True).start()

    def _serve(self, outer):
        try:
            if self.context:
                outer = self.context.wrap_socket(outer, server_side=True)
            inner = socket.create_connection(("127.0.0.1", self.inner))
        except OSError:
            outer.close()
            return
        self.pairs += [outer, inner]
        threading.Thread(target=self._pass_on, args=(outer, inner), daemon=True).start()
        self._pass_on(inner, outer)

    @staticmethod
    def _pass_on(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class ObjectStore:
    """`url` and `credentials` are for `hawker-hls --push`; `origin` is a CDN that reads the bucket."""

    def __init__(self, folder, certificate=None):
        self.folder = folder
        port = free_port()
        self.process = Process(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder / "moto.log",
            # A profile of whoever runs the tests is none of ours.
            {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
        self.inner = f"http://127.0.0.1:{port}"
        self._wait()
        anybody = self._options("anybody", "anything")
        iam = boto3.client("iam", **anybody)
        iam.create_user(UserName="hls")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        iam.put_user_policy(UserName="hls", PolicyName="hls", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="hls")["AccessKey"]
        self.access, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.client = boto3.client("s3", **self._options(self.access, self.secret))
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        # From here on every request must be signed, and moto works every signature out itself.
        urllib.request.urlopen(urllib.request.Request(
            f"{self.inner}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}), timeout=10)
        self.gate = Gate(port, certificate)
        scheme, name = ("https", "localhost") if certificate else ("http", "127.0.0.1")
        self.url = f"s3://{BUCKET}/{PREFIX}?endpoint={scheme}://{name}:{self.gate.port}&region={REGION}"
        self.credentials = self.write_credentials("credentials", self.secret)
        self._serve()

    def _options(self, access, secret):
        return {
            "endpoint_url": self.inner, "region_name": REGION,
            "aws_access_key_id": access, "aws_secret_access_key": secret,
        }

    def _wait(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.inner}/moto-api/data.json", timeout=5).read()
                return
            time.sleep(0.05)
        raise AssertionError(f"moto does not answer: {self.process.output()[-2000:]}")

    def write_credentials(self, name, secret):
        """A file as `aws configure` writes it."""
        path = self.folder / name
        path.write_text(f"[default]\naws_access_key_id = {self.access}\naws_secret_access_key = {secret}\n")
        path.chmod(0o600)
        return path

    def get(self, key):
        """(headers, body), or None."""
        try:
            found = self.client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/{key}")
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchKey", error
            return None
        return found["ResponseMetadata"]["HTTPHeaders"], found["Body"].read()

    def text(self, key):
        found = self.get(key)
        return found[1].decode() if found else None

    def names(self):
        """What is in the bucket, below the prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{PREFIX}/")
        return {
            each["Key"].removeprefix(f"{PREFIX}/") for page in pages for each in page.get("Contents", [])
        }

    def _serve(self):
        store = self

        class Edge(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = store.get(self.path.lstrip("/"))
                self.send_response(200 if found else 404)
                headers, body = found or ({}, b"")
                for name in ("content-type", "cache-control"):
                    if name in headers:
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.edge = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Edge)
        threading.Thread(target=self.edge.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.edge.server_port}"

    def stop(self):
        self.edge.shutdown()
        self.edge.server_close()
        self.gate.shut()
        self.process.interrupt(10)
