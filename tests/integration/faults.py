"""What a scripted upstream does instead of serving a file; see Server.faults in archive.py.

Each function here gives a fault: something that takes the request's handler and answers it.
"""

import socket


def send(handler, status, size, **headers):
    """The head of an answer; size None leaves the length out, so that it ends with the connection."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if size is not None:
        handler.send_header("Content-Length", str(size))
    handler.close_connection = True
    handler.end_headers()


def write(handler, data):
    """Writes until the other side has enough; whether it took all."""
    try:
        handler.wfile.write(data)
        handler.wfile.flush()
        return True
    except OSError:
        return False


def content(handler):
    return handler.path_of().read_bytes()


def status(code, **headers):
    return lambda handler: send(handler, code, 0, **headers)


def redirect(to):
    return status(302, Location=to)


def instead(data):
    """Other bytes; a function is given the right ones."""

    def fault(handler):
        handler.serve_file(data(content(handler)) if callable(data) else data)

    return fault


def flipped(place=None):
    """One bit of one byte is wrong: in the middle, or at a place."""

    def flip(data):
        at = len(data) // 2 if place is None else place
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return instead(flip)


def cut(at, etag=None):
    """Closes after so many bytes (from the end when negative) of what it announced."""

    def fault(handler):
        data = content(handler)
        place = at(len(data)) if callable(at) else at
        headers = {"ETag": etag} if etag else {}
        send(handler, 200, len(data), **headers)
        write(handler, data[:place])
        handler.connection.shutdown(socket.SHUT_RDWR)

    return fault


def slowly(bytes_a_second):
    def fault(handler):
        data = content(handler)
        send(handler, 200, len(data))
        for place in range(len(data)):
            if not write(handler, data[place : place + 1]):
                return
            if handler.server.over.wait(1 / bytes_a_second):
                return

    return fault


def stalled_at_half(handler):
    data = content(handler)
    send(handler, 200, len(data))
    write(handler, data[: len(data) // 2])
    handler.server.over.wait(100)


def one_header_at_a_time(seconds):
    def fault(handler):
        write(handler, b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            if not write(handler, f"X-{number}: x\r\n".encode()) or handler.server.over.wait(seconds):
                return

    return fault


def endless(handler):
    """A body that does not say how long it is, and never ends by itself."""
    send(handler, 200, None)
    while not handler.server.over.is_set() and write(handler, b"x" * 65536):
        handler.server.sent += 65536


def longer(extra):
    """Says that it is longer than it should be, and is."""
    return instead(lambda data: data + b"x" * extra)


def validated(etag=None, modified=None):
    """A mirror that has these validators for the file, and knows them when it is asked again."""

    def fault(handler):
        headers = {name: value for name, value in (("ETag", etag), ("Last_Modified", modified)) if value}
        asked = handler.headers.get("If-None-Match") if etag else handler.headers.get("If-Modified-Since")
        same = asked == (etag or modified)
        data = b"" if same else content(handler)
        send(handler, 304 if same else 200, len(data), **headers)
        write(handler, data)

    return fault


def without_validators(handler):
    data = content(handler)
    send(handler, 200, len(data))
    write(handler, data)


def ignoring_if_range(data):
    """A mirror that has another file by now and answers a range of it whatever If-Range says."""

    def fault(handler):
        wanted = handler.headers.get("Range")
        first = int(wanted.split("=")[1].split("-")[0]) if wanted else 0
        if first >= len(data):
            send(handler, 416, 0, Content_Range=f"bytes */{len(data)}")
            return
        headers = {"ETag": '"another"'}
        if wanted:
            headers["Content_Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        send(handler, 206 if wanted else 200, len(data) - first, **headers)
        write(handler, data[first:])

    return fault


def once(fault, times=1):
    """The fault at first, then the file as it is."""
    left = [times]

    def both(handler):
        left[0] -= 1
        if left[0] >= 0:
            fault(handler)
        else:
            handler.serve_file()

    return both
