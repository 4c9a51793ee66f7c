"""A local server that speaks OpenAI's protocol and answers as scripted: what a language model may do, without one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Scripted:
    """What is answered, one after another, and what was asked.

    Parameters
    ----------
    answers
        Text: the content of a message; bytes: the body as it is; a number: that status; ``("slow", seconds)``: late.
    """

    def __init__(self, answers: list[Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""


@contextmanager
def serve(answers: list[Any]) -> Iterator[Scripted]:
    """Answer as scripted while the block lasts."""
    script = Scripted(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.asked.append({"path": self.path, **json.loads(body)})
            script.headers.append(dict(self.headers))
            answer = script.answers.pop(0)
            if isinstance(answer, tuple):
                time.sleep(answer[1])
                answer = "late"
            status = answer if isinstance(answer, int) else 200
            message = {"choices": [{"message": {"role": "assistant", "content": answer}}]}
            content = answer if isinstance(answer, bytes) else json.dumps(message).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the one who asked did not wait

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
