"""Small servers on loopback for the probe agent's tests: each speaks one protocol, good or bad, from a thread."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Serve = Callable[[socket.socket], None]
Answer = Callable[[bytes], bytes | None]
PATIENCE = 20
NTP_OFFSET = 5.0
KEX = ("curve25519-sha256", "ssh-ed25519", "aes256-ctr", "aes128-cbc", "hmac-sha2-256", "hmac-md5")


def free(kind: socket.SocketKind) -> int:
    """A port of loopback where nobody listens."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def tcp(serve: Serve, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve each connection in a thread of its own; gives the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()

        def accept() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                line.settimeout(PATIENCE)
                threading.Thread(target=_quietly, args=(serve, line), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _quietly(serve: Serve, line: socket.socket) -> None:
    with line:
        try:
            serve(line)
        except OSError:
            return


@contextmanager
def udp(answer: Answer, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer each datagram; gives the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((host, port))
        ended = threading.Event()

        def serve() -> None:
            listener.settimeout(0.1)
            while not ended.is_set():
                try:
                    data, sender = listener.recvfrom(65535)
                except OSError:
                    continue
                if (back := answer(data)) is not None:
                    listener.sendto(back, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join()


# --- names ---

RECORDS = {("api.test", 1): "10.0.0.1", ("api.test", 28): "2001:db8::1", ("big.test", 1): "10.0.0.2"}


def name_answer(question: bytes, *, by_tcp: bool = False) -> bytes | None:
    """RECORDS; a long TXT for what ends in ``tunnel``; ``big.test`` is cut off by UDP; all else is refused. Nothing to
    what is no question.
    """
    at, labels = 12, []
    if question[2:6] != b"\x01\0\0\1":
        return None
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    name, type_ = ".".join(labels), struct.unpack_from("!H", question, at + 1)[0]
    asked = question[12 : at + 5]
    if name == "big.test" and not by_tcp:
        return question[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + asked
    if name.endswith("tunnel") and type_ == 16:
        data = b"\x05hello"
    elif (name, type_) in RECORDS:
        value = RECORDS[name, type_]
        data = socket.inet_pton(socket.AF_INET6 if ":" in value else socket.AF_INET, value)
    else:
        code = 0 if any(name == known for known, _ in RECORDS) else 5
        return question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 0, 0, 0) + asked
    record = b"\xc0\x0c" + struct.pack("!HHIH", type_, 1, 60, len(data)) + data
    return question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + asked + record


def name_by_tcp(line: socket.socket) -> None:
    """The same over TCP."""
    length = int.from_bytes(line.recv(2), "big")
    answer = name_answer(line.recv(length), by_tcp=True) or b""
    line.sendall(struct.pack("!H", len(answer)) + answer)


# --- others ---


def ntp_answer(question: bytes) -> bytes:
    """A server of stratum 2 that is NTP_OFFSET seconds ahead."""
    now = time.time() + NTP_OFFSET + 2208988800
    stamp = struct.pack("!II", int(now), int((now % 1) * 2**32))
    return b"\x24\x02" + bytes(22) + question[40:48] + stamp + stamp


def snmp_answer(question: bytes) -> bytes | None:
    """An agent that speaks version 3, and version 2c for those who say ``public``."""
    version = question[4] if question[1] < 128 else question[5]
    return question if version == 3 or (version == 1 and b"public" in question) else None


def ike_answer(question: bytes) -> bytes | None:
    """A gateway that wants a cookie first, takes AES-256 with ECP-256, says no to others and nothing to DES."""
    first, body = question[16], question[28:]
    if first != 41:
        notify = struct.pack("!BBHBBH", 0, 0, 8 + 4, 0, 0, 16390) + b"cook"
        return question[:8] + b"responds" + struct.pack("!BBBBII", 41, 0x20, 34, 0x20, 0, 28 + len(notify)) + notify
    if struct.pack("!BBH", 1, 0, 2) in body:  # DES
        return None
    if struct.pack("!BBHHH", 1, 0, 12, 0x800E, 256) in body:
        chosen = struct.pack("!BBH", 0, 0, 8) + b"SAok"
        return question[:8] + b"responds" + struct.pack("!BBBBII", 33, 0x20, 34, 0x20, 0, 28 + 8) + chosen
    refusal = struct.pack("!BBHBBH", 0, 0, 8, 0, 0, 14)
    return question[:8] + b"responds" + struct.pack("!BBBBII", 41, 0x20, 34, 0x20, 0, 28 + 8) + refusal


def ssh(line: socket.socket) -> None:
    """A server's greeting and its KEXINIT."""
    line.sendall(b"a notice\r\nSSH-2.0-test\r\n")
    lists = [KEX[0], KEX[1], KEX[2], KEX[3], KEX[4], KEX[5], "none", "none", "", ""]
    payload = bytes([20]) + bytes(16) + b"".join(struct.pack("!I", len(one)) + one.encode() for one in lists) + bytes(5)
    line.sendall(struct.pack("!IB", 1 + len(payload) + 4, 4) + payload + bytes(4))
    line.recv(1000)


def proxy(line: socket.socket) -> None:
    """An open HTTP proxy: it takes CONNECT and the form that names another server, no other."""
    request = line.recv(4096)
    good = request.startswith((b"CONNECT ", b"GET http://"))
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if good else b"HTTP/1.1 400 Bad Request\r\n\r\n")


def web(line: socket.socket) -> None:
    """A web server: it answers either form of GET alike, and no CONNECT."""
    request = line.recv(4096)
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if request.startswith(b"GET") else b"HTTP/1.1 405 No\r\n\r\n")


def socks(line: socket.socket) -> None:
    """An open SOCKS proxy."""
    if line.recv(3) == b"\x05\x01\x00":
        line.sendall(b"\x05\x00")
        line.recv(10)
        line.sendall(b"\x05\x00\x00\x01" + bytes(6))


def hanging(line: socket.socket) -> None:
    """Takes everything and never says a word."""
    while line.recv(4096):
        pass


def dripping(line: socket.socket) -> None:
    """A byte now and then, for ever: no wait for the next byte ever ends."""
    line.settimeout(0.05)
    while True:
        line.sendall(b"x")
        try:
            line.recv(1)
        except TimeoutError:
            continue


def certificate(folder: Path, name: str = "vpn.test") -> tuple[Path, bytes]:
    """A certificate with its key in one file, and its DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path, made.public_bytes(serialization.Encoding.DER)


def secure(pem: Path) -> Serve:
    """A TLS server of versions 1.2 and 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def serve(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as wrapped:
            wrapped.recv(1)

    return serve
