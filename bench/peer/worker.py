"""Match frames against a list of hashes: what Vigil's room detect does, of the parts
that a platform would take from PyPI. bench/stream runs it beside Vigil, on the same
topic, and it may be run on its own.

It reads the topic of frames as a member of a consumer group, hashes pictures with
pdqhash as python-threatexchange does (decoded to RGB, at full size), looks hashes up in
faiss, and writes a match signal for a stream and an entry each time the number of
frames matched reaches a power of two. Frames are looked up in batches, which is what
faiss is best at; offsets are committed when the signals of a batch are acknowledged, so
that a crash loses no signal. Counts are kept in memory and begin anew with the process,
and a frame that is sent twice counts twice: Vigil does better in both, and pays for it.
"""

import argparse
import hashlib
import io
import json
import signal
import sys

import faiss
import numpy
import pdqhash
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from PIL import Image

BITS = 256
RADIUS = 31
MIN_QUALITY = 50
HASH_TYPE = "application/vnd.vigil.hash+json"
PICTURES = {"image/jpeg": ("JPEG",), "image/png": ("PNG",), "image/webp": ("WEBP",)}
MAX_EVIDENCE = 16


class BadFrame(Exception):
    """A frame that no retry will mend."""


def load_index(path):
    """Build the index as python-threatexchange does for PDQ: 16 tables of 16 bits, and
    radius // 16 bits flipped in each, which is exact."""
    hashes = numpy.fromfile(path, dtype=numpy.uint8).reshape(-1, BITS // 8)
    index = faiss.IndexBinaryMultiHash(BITS, BITS // 16, 16)
    for at in range(0, len(hashes), 1_000_000):
        index.add(hashes[at : at + 1_000_000])
    index.nflip = RADIUS // 16
    return index


def fingerprint(content_type, value, reduce):
    """Return a frame's hash as 32 bytes, its quality, and the digest of its picture."""
    if content_type == HASH_TYPE:
        record = json.loads(value)
        if record["kind"] != "pdq":
            raise BadFrame("no PDQ hash")
        return bytes.fromhex(record["hash"]), record["quality"], record.get("sha256")
    if content_type not in PICTURES:
        raise BadFrame("content type")
    with Image.open(io.BytesIO(value), formats=PICTURES[content_type]) as image:
        image = image.convert("RGB")
    if reduce and max(image.size) > 512:
        image = image.resize((min(512, image.width), min(512, image.height)), Image.Resampling.NEAREST)
    bits, quality = pdqhash.compute(numpy.asarray(image))
    return numpy.packbits(bits).tobytes(), quality, hashlib.sha256(value).hexdigest()


class Matches:
    """What is known of each stream, and of each list entry in it."""

    def __init__(self, list_name, list_version):
        self.list_name, self.list_version = list_name, list_version
        self.seen = {}
        self.tracks = {}

    def count(self, frame):
        key = frame["platform"], frame["stream"], frame["subject"]
        self.seen[key] = self.seen.get(key, 0) + 1

    def match(self, frame, entry, distance):
        """Count a match; return the signal if it is due."""
        stream = frame["platform"], frame["stream"], frame["subject"]
        track = self.tracks.setdefault((stream, entry), {"frames": 0, "distance": distance, "evidence": [], "first": frame["time"], "last": frame["time"]})
        track["frames"] += 1
        track["distance"] = min(track["distance"], distance)
        track["first"] = min(track["first"], frame["time"])
        track["last"] = max(track["last"], frame["time"])
        if len(track["evidence"]) < MAX_EVIDENCE:
            evidence = {"what": "frame", "holder": frame["platform"], "ref": frame["id"], "at": frame["time"]}
            if frame["sha256"]:
                evidence["sha256"] = frame["sha256"]
            track["evidence"].append(evidence)
        n = track["frames"]
        if n & (n - 1):
            return None
        parts = "\0".join((*stream, self.list_name, entry))
        return {
            "id": hashlib.sha256(parts.encode()).hexdigest()[:32],
            "revision": n,
            "kind": "match",
            "subject": frame["subject"],
            "start": track["first"],
            "end": track["last"],
            "says": f"{n} of {self.seen[stream]} frames match entry {entry} of list {self.list_name}",
            "match": {
                "stream": frame["stream"],
                "platform": frame["platform"],
                "hash_kind": "pdq",
                "list": self.list_name,
                "list_version": self.list_version,
                "entry": entry,
                "distance": track["distance"],
                "radius": RADIUS,
                "frames_matched": n,
                "frames_seen": self.seen[stream],
            },
            "evidence": track["evidence"],
        }


def read(message, reduce):
    """Return the frame that a record holds."""
    headers = {name: value.decode() for name, value in message.headers() or []}
    frame = {
        "id": headers["ce_id"],
        "time": headers["ce_time"],
        "subject": headers["ce_subject"],
        "stream": headers["ce_stream"],
        "platform": headers["ce_platform"],
    }
    frame["hash"], frame["quality"], frame["sha256"] = fingerprint(headers.get("content-type"), message.value(), reduce)
    return frame


def signals(messages, index, matches, reduce):
    """Yield the signals that a batch of records makes due."""
    frames = []
    for message in messages:
        try:
            frames.append(read(message, reduce))
        except (BadFrame, KeyError, ValueError, OSError) as err:
            print(f"{message.topic()}/{message.partition()}@{message.offset()}: {type(err).__name__}", file=sys.stderr)
    good = [i for i, frame in enumerate(frames) if frame["quality"] >= MIN_QUALITY]
    near = {}
    if good:
        queries = numpy.frombuffer(b"".join(frames[i]["hash"] for i in good), dtype=numpy.uint8).reshape(-1, BITS // 8)
        # range_search leaves out what is at the radius itself.
        limits, distances, entries = index.range_search(queries, RADIUS + 1)
        for row, i in enumerate(good):
            hits = slice(limits[row], limits[row + 1])
            near[i] = list(zip(entries[hits], distances[hits]))
    for i, frame in enumerate(frames):
        matches.count(frame)
        for entry, distance in near.get(i, ()):
            if due := matches.match(frame, str(entry), int(distance)):
                yield due


def main():
    p = argparse.ArgumentParser(description="Match frames against a list of PDQ hashes.")
    p.add_argument("--brokers", required=True)
    p.add_argument("--group", required=True)
    p.add_argument("--frames", required=True, help="topic to read")
    p.add_argument("--signals", required=True, help="topic to write")
    p.add_argument("--list", required=True, help="file of hashes, 32 bytes each; an entry's id is its number")
    p.add_argument("--batch", type=int, default=256, help="most frames looked up at once")
    p.add_argument("--reduce", action="store_true", help="reduce pictures to 512x512 before hashing, which python-threatexchange does not")
    p.add_argument("--wait", action="store_true", help="say that the list is loaded, and wait for a line before joining the group")
    o = p.parse_args()

    faiss.omp_set_num_threads(1)  # Processes share the work, one a core.
    index = load_index(o.list)
    matches = Matches("bench", "1")
    if o.wait:
        print("ready", flush=True)
        sys.stdin.readline()

    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    consumer = Consumer(
        {
            "bootstrap.servers": o.brokers,
            "group.id": o.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    producer = Producer({"bootstrap.servers": o.brokers, "acks": "all", "enable.idempotence": True})
    failed = []

    def acknowledged(err, _):
        if err is not None:
            failed.append(err)

    consumer.subscribe([o.frames])
    try:
        while running:
            # What is there already makes a batch; the first record is waited for.
            messages = consumer.consume(1, 0.5)
            if messages:
                messages += consumer.consume(o.batch - 1, 0)
            good = []
            for message in messages:
                if message.error() is None:
                    good.append(message)
                elif message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
            if not good:
                continue
            for due in signals(good, index, matches, o.reduce):
                headers = {"ce_specversion": "1.0", "ce_id": f"{due['id']}-{due['revision']}", "ce_source": "peer", "ce_type": "vigil.signal.v1", "ce_subject": due["subject"], "ce_time": due["end"], "content-type": "application/json"}
                producer.produce(o.signals, json.dumps(due).encode(), due["subject"].encode(), headers=headers, on_delivery=acknowledged)
            producer.flush()
            if failed:
                raise KafkaException(failed[0])
            consumer.commit(asynchronous=False)
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
