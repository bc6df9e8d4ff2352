"""A tiny web server on loopback for pages that need an origin but no Hawker."""

import functools
import http.server
import pathlib
import threading


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class FileServer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "blank.html").write_text("<!doctype html><title>blank</title><link rel=icon href=data:,><body>")
        serve = functools.partial(Quiet, directory=str(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def url(self, path="/blank.html"):
        return self.origin + path

    def close(self):
        self.server.shutdown()
        self.server.server_close()
