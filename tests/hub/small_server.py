"""A user's server as small as the hub lets it be: it writes its token down and answers every request with its name."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

USER = os.environ["JUPYTERHUB_USER"]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{USER}'s server".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
with HTTPServer((address.hostname, address.port), Answer) as server:
    file = Path(os.environ["TOKEN_FILE"])
    made = file.with_suffix(".new")
    made.write_text(os.environ["JUPYTERHUB_API_TOKEN"], encoding="utf-8")
    made.replace(file)
    server.serve_forever()
