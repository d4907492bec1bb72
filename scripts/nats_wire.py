"""The little of NATS' wire protocol that soak and benchmark need, and a real server to talk to.

Not Daybook's code: what is published here is read back by Daybook, so the two must not share bugs.
"""
import json
import os
import re
import signal
import socket
import subprocess
import time


class Server:
    """A nats-server of its own on a port that the system chose; it can be killed and started again."""

    def __init__(self, executable, folder):
        self.executable, self.folder, self.port, self.process = executable, folder, -1, None
        self.start()

    def start(self):
        configuration = os.path.join(self.folder, "server.conf")
        with open(configuration, "w") as file:
            file.write(f'listen: "127.0.0.1:{self.port}"\nmax_payload: 8388608\n'
                       f'jetstream {{ store_dir: "{self.folder}/store" }}\n')
        log_path = os.path.join(self.folder, "server.log")
        self.log = open(log_path, "a")
        begin = self.log.tell()
        self.process = subprocess.Popen([self.executable, "-c", configuration], stderr=self.log,
                                        stdout=self.log)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with open(log_path) as file:
                file.seek(begin)
                text = file.read()
            if "Server is ready" in text:
                self.port = int(re.search(r"client connections on 127\.0\.0\.1:(\d+)", text).group(1))
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("nats-server does not start:\n" + text)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()


class Connection:
    """One connection; `publish` waits for the acknowledgements of a window of messages."""

    def __init__(self, port, timeout=5.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""
        # Its own, or connections would get one another's answers.
        self.inbox = b"_INBOX." + os.urandom(8).hex().encode()
        self._line()  # INFO
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n'
                            b"SUB %s.* 1\r\nPING\r\n" % self.inbox)
        while self._line() != b"PONG":
            pass

    def close(self):
        self.socket.close()

    def _fill(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _message(self):
        """The next message: its subject's last token, and its body."""
        while True:
            line = self._line()
            if line == b"PING":
                self.socket.sendall(b"PONG\r\n")
                continue
            if line.startswith(b"-ERR"):
                raise ConnectionError(line.decode())
            words = line.split()
            if words and words[0] in (b"MSG", b"HMSG"):
                count = int(words[-1])
                while len(self.buffer) < count + 2:
                    self._fill()
                body, self.buffer = self.buffer[:count], self.buffer[count + 2:]
                if words[0] == b"HMSG":
                    body = body[int(words[-2]):]
                return words[1].rsplit(b".", 1)[1], body

    def request(self, subject, body=b""):
        self.socket.sendall(b"PUB %s %s.r %d\r\n%s\r\n" % (subject, self.inbox, len(body), body))
        while True:
            token, answer = self._message()
            if token == b"r":
                return json.loads(answer)

    def publish(self, messages):
        """Publishes (subject, body) pairs at once; yields each one's index as it is acknowledged, and
        the sequence that the broker gave it."""
        self.socket.sendall(b"".join(
            b"PUB %s %s.%d %d\r\n%s\r\n" % (subject, self.inbox, index, len(body), body)
            for index, (subject, body) in enumerate(messages)))
        for _ in messages:
            token, answer = self._message()
            if b'"error"' in answer or b'"seq"' not in answer:
                raise ConnectionError(f"not stored: {answer[:200]}")
            yield int(token), json.loads(answer)["seq"]


def make_stream(port, name, subjects):
    connection = Connection(port)
    body = json.dumps({"name": name, "subjects": subjects, "storage": "file"}).encode()
    answer = connection.request(b"$JS.API.STREAM.CREATE." + name.encode(), body)
    connection.close()
    if "error" in answer:
        raise RuntimeError(str(answer))


def stream_state(port, name):
    connection = Connection(port)
    answer = connection.request(b"$JS.API.STREAM.INFO." + name.encode())
    connection.close()
    return answer["state"]


if __name__ == "__main__":
    # usage: nats_wire.py PORT STREAM SUBJECT…   makes a stream
    import sys

    make_stream(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
