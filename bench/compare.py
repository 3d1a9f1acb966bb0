#!/usr/bin/env python3
"""Podswarm beside other BitTorrent clients on this machine: download and upload, in seconds, CPU and memory.

    bench/compare.py [--podswarm build/release/app/podswarm] [--clients podswarm,aria2,...] [--mib 512]

Runs what is installed of aria2, transmission-daemon, qbittorrent-nox and rtorrent; --clients picks some. All of it
happens in a network namespace of its own, on addresses 198.18.0.x of its loopback, so nothing leaves the machine; no
root is needed where the system lets users make namespaces. Every process and file is gone when the script ends, and it
ends after --max-s seconds at the latest.

download: a Podswarm seeder on the other side; upload: a Podswarm downloader. A client is started with the torrent at
the beginning of the measured time, so its own start counts, and is done when it runs its hook for a finished download
or tells the tracker of it, whichever comes first. A seeding client has verified its data before the time begins.
"""
import argparse
import filecmp
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
MIB, GIB = 1 << 20, 1 << 30
TRACKER, OTHER, CLIENT = "198.18.0.1", "198.18.0.2", "198.18.0.3"
PORT = 6881
PIECE = MIB


# ---- a network of its own ----

def enter_namespace(max_s):
    """Runs this script again inside new namespaces; everything it starts ends with it."""
    if os.environ.get("PODSWARM_COMPARE") != "inside":
        flags = ["--net", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"]
        if os.geteuid() != 0:
            flags.insert(0, "--map-root-user")
        command = ["unshare", *flags, sys.executable, *sys.argv]
        child = subprocess.Popen(command, env={**os.environ, "PODSWARM_COMPARE": "inside"})
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child's to answer
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        status = child.wait()
        if status == 1:
            print("compare: needs namespaces (unshare), as root or as a user who may make them", file=sys.stderr)
        sys.exit(status)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (TRACKER, OTHER, CLIENT):
        subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)

    def end(number, _):
        print(f"compare: not done after {max_s} s" if number == signal.SIGALRM else "compare: ended", file=sys.stderr)
        sys.exit(3)

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, end)
    signal.alarm(max_s)


# ---- a torrent and its tracker ----

def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


class Torrent:
    def __init__(self, folder, mib, announce):
        self.data = folder / "payload.bin"
        self.file = folder / "payload.torrent"
        self.size = mib * MIB
        noise = random.Random(1).randbytes(PIECE)
        pieces = b""
        with open(self.data, "wb") as out:
            for number in range(mib):
                piece = number.to_bytes(8, "big") + noise[8:]
                out.write(piece)
                pieces += hashlib.sha1(piece).digest()
        info = {b"length": self.size, b"name": self.data.name.encode(), b"piece length": PIECE, b"pieces": pieces}
        self.file.write_bytes(bencode({b"announce": announce.encode(), b"info": info}))


class Tracker:
    """Tells everybody of everybody else, and remembers who has it all and who has just completed it."""

    def __init__(self):
        self.peers, self.seeds, self.completed = set(), set(), set()
        tracker = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, encoding="latin-1"))
                body = tracker.answer((self.client_address[0], int(query.get("port", 0))), query)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((TRACKER, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{TRACKER}:{self.server.server_port}/announce"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, who, query):
        event = query.get("event")
        others = b"".join(socket.inet_aton(ip) + port.to_bytes(2, "big") for ip, port in self.peers if ip != who[0])
        (self.peers.discard if event == "stopped" else self.peers.add)(who)
        if query.get("left") == "0":
            self.seeds.add(who[0])
        if event == "completed":
            self.completed.add(who[0])
        return bencode({b"interval": 60, b"peers": others})

    def forget(self):
        for known in (self.peers, self.seeds, self.completed):
            known.clear()


# ---- clients: what to run, with what configuration ----
# Discovery, port mapping and encryption are off; everything else is as shipped.

def podswarm(run):
    return [run.options.podswarm, "get", run.torrent.file, "--dir", run.data, "--listen", f"{run.ip}:{PORT}", "--seed",
            "--on-done", run.hook]


def aria2(run):
    return ["aria2c", "--no-conf", "--quiet", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--disable-ipv6", "--seed-ratio=0.0", "--check-integrity", "--file-allocation=none",
            f"--interface={run.ip}", f"--listen-port={PORT}", f"--on-bt-download-complete={run.hook}",
            f"--dir={run.data}", run.torrent.file]


def transmission(run):
    watched = run.home / "watched"
    watched.mkdir()
    shutil.copy(run.torrent.file, watched)
    settings = {"bind-address-ipv4": run.ip, "peer-port": PORT, "download-dir": str(run.data), "watch-dir": str(watched),
                "watch-dir-enabled": True, "script-torrent-done-enabled": True,
                "script-torrent-done-filename": str(run.hook), "dht-enabled": False, "lpd-enabled": False,
                "pex-enabled": False, "utp-enabled": False, "port-forwarding-enabled": False, "encryption": 0,
                "rpc-enabled": False, "ratio-limit-enabled": False}
    (run.home / "settings.json").write_text(json.dumps(settings))
    return ["transmission-daemon", "--foreground", "--config-dir", run.home]


def qbittorrent(run):
    folder = run.home / "qBittorrent" / "config"
    folder.mkdir(parents=True)
    (folder / "qBittorrent.conf").write_text(f"""[LegalNotice]
Accepted=true
[AutoRun]
enabled=true
program={run.hook}
[BitTorrent]
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\Encryption=2
Session\\BTProtocol=TCP
Session\\Interface=lo
Session\\InterfaceAddress={run.ip}
Session\\Port={PORT}
Session\\DefaultSavePath={run.data}
[Network]
PortForwardingEnabled=false
[Preferences]
WebUI\\Enabled=false
""")
    return ["qbittorrent-nox", f"--profile={run.home}", f"--save-path={run.data}", "--skip-dialog=true",
            run.torrent.file]


def rtorrent(run):
    config = run.home / "rc"
    config.write_text(f"""directory.default.set = {run.data}
session.path.set = {run.home}
network.bind_address.set = {run.ip}
network.port_range.set = {PORT}-{PORT}
dht.mode.set = disable
protocol.pex.set = no
trackers.use_udp.set = no
protocol.encryption.set = none
system.daemon.set = true
method.set_key = event.download.finished, done, "execute.nothrow={run.hook}"
""")
    return ["rtorrent", "-n", "-o", f"import={config}", run.torrent.file]


PROGRAMS = {"podswarm": (podswarm, None), "aria2": (aria2, "aria2c"), "transmission": (transmission, "transmission-daemon"),
            "qbittorrent": (qbittorrent, "qbittorrent-nox"), "rtorrent": (rtorrent, "rtorrent")}


class Run:
    """One client at one address, with folders of its own."""

    def __init__(self, name, ip, scratch, torrent, tracker, options, seeding):
        self.name, self.ip, self.torrent, self.tracker, self.options = name, ip, torrent, tracker, options
        self.home = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        self.data = self.home / "data"
        self.data.mkdir()
        if seeding:
            shutil.copy(torrent.data, self.data)
        self.hook = self.home / "hook"
        self.hook.write_text(f"#!/bin/sh\n: > {self.home}/done\n")
        self.hook.chmod(0o755)
        self.log = self.home / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in PROGRAMS[name][0](self)], cwd=self.home,
                                            env={**os.environ, "HOME": str(self.home), "TERM": "dumb"},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self, what, condition):
        end = time.monotonic() + self.options.limit
        while not condition():
            if self.process.poll() is not None:
                raise RuntimeError(f"ended: {self.log.read_text(errors='replace').strip()[-200:]}")
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not within {self.options.limit} s")
            time.sleep(0.005)

    def wait_seeding(self):
        self.wait("verifying", lambda: self.ip in self.tracker.seeds)

    def wait_done(self):
        self.wait("download", lambda: (self.home / "done").exists() or self.ip in self.tracker.completed)

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


# ---- measuring ----

def measure(direction, name, scratch, torrent, tracker, options):
    tracker.forget()
    runs = []

    def start(client, ip, seeding):
        runs.append(Run(client, ip, scratch, torrent, tracker, options, seeding))
        return runs[-1]

    try:
        if direction == "download":
            start("podswarm", OTHER, seeding=True).wait_seeding()
            begin = time.monotonic()
            client = downloader = start(name, CLIENT, seeding=False)
            cpu_before = 0.0
        else:
            client = start(name, CLIENT, seeding=True)
            client.wait_seeding()
            cpu_before = client.cpu_s()
            begin = time.monotonic()
            downloader = start("podswarm", OTHER, seeding=False)
        downloader.wait_done()
        seconds = time.monotonic() - begin
        result = {"seconds": seconds, "MB/s": torrent.size / seconds / 1e6,
                  "CPU-s/GiB": (client.cpu_s() - cpu_before) * GIB / torrent.size, "peak MiB": client.peak_mib()}
        if not filecmp.cmp(torrent.data, downloader.data / torrent.data.name, shallow=False):
            raise RuntimeError("what came is not what was sent")
        return result
    finally:
        for run in runs:
            run.stop()


def show(direction, results):
    columns = ["seconds", "MB/s", "CPU-s/GiB", "peak MiB"]
    print(f"\n{direction:<14}" + "".join(f"{column:>12}" for column in columns))
    for name, rounds in results.items():
        good = [r for r in rounds if isinstance(r, dict)]
        if not good:
            print(f"{name:<14}  {rounds[-1]}")
            continue
        medians = [statistics.median(r[column] for r in good) for column in columns]
        print(f"{name:<14}" + "".join(f"{value:>12.2f}" for value in medians))


def default_podswarm():
    built = [HERE.parent / "build" / preset / "app" / "podswarm" for preset in ("release", "bench", "dev")]
    found = next((str(path) for path in built if path.exists()), shutil.which("podswarm"))
    return found or str(built[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--podswarm", default=default_podswarm(), help="the program (%(default)s)")
    parser.add_argument("--clients", default=",".join(PROGRAMS), help="%(default)s")
    parser.add_argument("--directions", default="download,upload", help="%(default)s")
    parser.add_argument("--mib", type=int, default=512, help="size of the torrent (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts (%(default)s)")
    parser.add_argument("--limit", type=int, default=120, help="seconds for one transfer (%(default)s)")
    parser.add_argument("--max-s", type=int, default=1800, help="seconds for everything (%(default)s)")
    parser.add_argument("--dir", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
                        help="where the data goes, three times its size (%(default)s)")
    options = parser.parse_args()
    options.podswarm = os.path.abspath(options.podswarm)
    clients = options.clients.split(",")
    unknown = set(clients) - set(PROGRAMS)
    if unknown:
        parser.error("no such client: " + ", ".join(sorted(unknown)))
    if not os.access(options.podswarm, os.X_OK):
        parser.error(f"{options.podswarm}: no such program; --podswarm names it")
    enter_namespace(options.max_s)
    missing = [name for name in clients if PROGRAMS[name][1] and not shutil.which(PROGRAMS[name][1])]
    if missing:
        print("not installed: " + ", ".join(missing))
    clients = [name for name in clients if name not in missing]
    with tempfile.TemporaryDirectory(prefix="podswarm-compare-", dir=options.dir) as scratch:
        tracker = Tracker()
        torrent = Torrent(pathlib.Path(scratch), options.mib, tracker.url)
        for direction in options.directions.split(","):
            results = {name: [] for name in clients}
            for _ in range(options.rounds):
                for name in clients:
                    try:
                        results[name].append(measure(direction, name, scratch, torrent, tracker, options))
                    except RuntimeError as error:
                        results[name].append(str(error))
            show(direction, results)


if __name__ == "__main__":
    main()
