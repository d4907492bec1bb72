#!/usr/bin/env python3
"""A gate before a Kafka broker that has neither TLS nor SASL: it does both, then hands everything on.

usage: kafka_gate.py BROKER_PORT FOLDER [--tls] [--client-ca FILE] [--sasl MECHANISM USER PASSWORD]

Says its port on standard error. FOLDER has server.pem and server.key. MECHANISM is PLAIN, SCRAM-SHA-256 or
SCRAM-SHA-512. The broker names its own port in answers; the gate puts its own there instead, so a
client never gets past it.
"""
import argparse
import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("broker", type=int)
parser.add_argument("folder")
parser.add_argument("--tls", action="store_true")
parser.add_argument("--client-ca")
parser.add_argument("--sasl", nargs=3)
options = parser.parse_args()

API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = 18, 17, 36
UNSUPPORTED_VERSION, UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED = 35, 33, 58


def exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def frame(connection):
    return exactly(connection, struct.unpack(">i", exactly(connection, 4))[0])


def send(connection, body):
    connection.sendall(struct.pack(">i", len(body)) + body)


def text(value):
    return struct.pack(">h", len(value)) + value


class Authentication:
    """The server's side of one mechanism; `step` gives the answer, and `isDone` once it is proven."""

    def __init__(self):
        self.mechanism, self.user, self.password = options.sasl
        self.is_done, self.server_first = False, None

    def step(self, data):
        if self.mechanism == "PLAIN":
            _, user, password = data.split(b"\0")
            if (user.decode(), password.decode()) != (self.user, self.password):
                return None
            self.is_done = True
            return b""
        digest = self.mechanism.removeprefix("SCRAM-").replace("-", "").lower()
        if self.server_first is None:
            self.client_first = data.split(b",", 2)[2]
            fields = dict(part.split(b"=", 1) for part in self.client_first.split(b","))
            if fields[b"n"].decode() != self.user:
                return None
            self.salt = os.urandom(16)
            self.nonce = fields[b"r"] + base64.b64encode(os.urandom(12))
            self.server_first = b"r=%s,s=%s,i=4096" % (self.nonce, base64.b64encode(self.salt))
            return self.server_first
        without_proof, proof = data.rsplit(b",p=", 1)
        # As Kafka does: librdkafka before 2.10 puts its own part of the nonce before it once more.
        nonce = dict(part.split(b"=", 1) for part in without_proof.split(b","))[b"r"]
        if not nonce.endswith(self.nonce):
            return None

        def mac(key, message):
            return hmac.new(key, message, digest).digest()

        salted = hashlib.pbkdf2_hmac(digest, self.password.encode(), self.salt, 4096)
        message = b",".join([self.client_first, self.server_first, without_proof])
        stored = hashlib.new(digest, mac(salted, b"Client Key")).digest()
        key = bytes(a ^ b for a, b in zip(mac(stored, message), base64.b64decode(proof)))
        if hashlib.new(digest, key).digest() != stored:
            return None
        self.is_done = True
        return b"v=" + base64.b64encode(mac(mac(salted, b"Server Key"), message))


def serve(client):
    broker = socket.create_connection(("127.0.0.1", options.broker))
    theirs = b"127.0.0.1" + struct.pack(">i", options.broker)
    ours = b"127.0.0.1" + struct.pack(">i", port)
    authentication = Authentication() if options.sasl else None
    # Correlation ids of requests for versions: their answers must name what the gate does.
    versions = set()

    def answers():
        try:
            while True:
                body = frame(broker).replace(theirs, ours)
                if struct.unpack(">i", body[:4])[0] in versions:
                    count = struct.unpack(">i", body[6:10])[0]
                    body = (body[:6] + struct.pack(">i", count + 2) + body[10:10 + 6 * count]
                            + struct.pack(">hhh", SASL_HANDSHAKE, 0, 1)
                            + struct.pack(">hhh", SASL_AUTHENTICATE, 0, 0) + body[10 + 6 * count:])
                send(client, body)
        except OSError:
            client.close()

    threading.Thread(target=answers, daemon=True).start()
    try:
        while True:
            request = frame(client)
            api, version, correlation = struct.unpack(">hhi", request[:8])
            name = struct.unpack(">h", request[8:10])[0]
            rest = request[10 + max(0, name):]
            if api == API_VERSIONS and version > 0:
                send(client, struct.pack(">ihihhh", correlation, UNSUPPORTED_VERSION, 1,
                                         API_VERSIONS, 0, 0))
            elif api == API_VERSIONS:
                if authentication:
                    versions.add(correlation)
                send(broker, request)
            elif api == SASL_HANDSHAKE and authentication:
                wanted = rest[2:].decode()
                error = 0 if wanted == authentication.mechanism else UNSUPPORTED_MECHANISM
                send(client, struct.pack(">ihi", correlation, error, 1)
                     + text(authentication.mechanism.encode()))
            elif api == SASL_AUTHENTICATE and authentication:
                answer = authentication.step(rest[4:])
                if answer is None:
                    send(client, struct.pack(">ih", correlation, AUTHENTICATION_FAILED)
                         + text(b"wrong user or password") + struct.pack(">i", 0))
                    break
                send(client, struct.pack(">ihhi", correlation, 0, -1, len(answer)) + answer)
            elif authentication and not authentication.is_done:
                break
            else:
                send(broker, request)
    except OSError:
        pass
    finally:
        broker.close()
        client.close()


listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
context = None
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{options.folder}/server.pem", f"{options.folder}/server.key")
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
print(f"gate on {port}", file=sys.stderr, flush=True)


def accept(raw):
    try:
        serve(context.wrap_socket(raw, server_side=True) if context else raw)
    except OSError:
        raw.close()


while True:
    connection, _ = listener.accept()
    threading.Thread(target=accept, args=(connection,), daemon=True).start()
