"""HTTP as bytes: what a client sends, however wrong, and the answers it gets."""

import contextlib
import socket


def connect(address, source=None, timeout=30):
    """A connection to "127.0.0.1:80"."""
    host, port = address.rsplit(":", 1)
    return socket.create_connection(
        (host, int(port)), timeout=timeout, source_address=(source, 0) if source else None
    )


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def split_answers(data):
    """The answers in what came, and what is left over."""
    answers = []
    while b"\r\n\r\n" in data:
        head, rest = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        if not first.startswith("HTTP/1.1 "):
            break
        headers = dict(line.split(": ", 1) for line in lines)
        size = int(headers.get("Content-Length", 0))
        if len(rest) < size:
            break
        answers.append(Answer(int(first.split()[1]), headers, rest[:size]))
        data = rest[size:]
    return answers, data


def read_to_end(connection):
    """All that comes until the server closes the connection; fails when it does not."""
    data = b""
    # it may close before it has read all that was sent
    with contextlib.suppress(ConnectionResetError):
        while got := connection.recv(65536):
            data += got
    return data


def talk(address, sent):
    """Sends bytes and waits until the server closes: (answers, what is no answer)."""
    with connect(address) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
        return split_answers(read_to_end(connection))


def ask(connection, path, *headers, method="GET", host="x"):
    """One request on a connection that stays open; its answer."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    data = b""
    while True:
        answers, _ = split_answers(data) if method != "HEAD" else head_answer(data)
        if answers:
            return answers[0]
        got = connection.recv(65536)
        assert got, f"closed without an answer: {data!r}"
        data += got


def head_answer(data):
    """An answer whose length is that of a body that does not come."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return [], data
    assert not rest, "HEAD was answered with a body"
    answers, _ = split_answers(head.replace(b"Content-Length:", b"X-Length:") + end)
    answers[0].headers["Content-Length"] = answers[0].headers.pop("X-Length")
    return answers, b""
