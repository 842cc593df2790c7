#!/usr/bin/env python3
"""Opens and checks one record of a centre's queue, with age, openssl and Python alone.

    reader.py IDENTITY LOGKEY CENTRE [FOLDER] < record

IDENTITY is the file of the centre's age identity, LOGKEY the verifier key of the sender's
audit log (name+hash+key), CENTRE the centre's id. Prints the alert or correction, or says what
is wrong; attached frames go into FOLDER. It takes no record that is not encrypted.
"""
import base64, hashlib, json, os, subprocess, sys, tempfile

identity, log_key, centre = sys.argv[1:4]
folder = sys.argv[4] if len(sys.argv) > 4 else None
ALERT, CORRECTION = ("application/vnd.vigil.%s.v1+json" % kind for kind in ("alert", "correction"))


def need(ok, what):
    if not ok:
        sys.exit("refused: " + what)


def public_pem():
    key = base64.b64decode(log_key.split("+", 2)[2])
    need(len(key) == 33 and key[0] == 1, "the log's key is not Ed25519")
    der = bytes.fromhex("302a300506032b6570032100") + key[1:]  # RFC 8410
    return "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % base64.b64encode(der).decode()


def signed(message, signature):
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("key", public_pem().encode()), ("message", message), ("signature", signature)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        cmd = "openssl pkeyutl -verify -pubin -inkey key -rawin -in message -sigfile signature".split()
        return subprocess.run(cmd, cwd=d, capture_output=True).returncode == 0


def sha256(data):
    return hashlib.sha256(data).digest()


# 1. Decrypt. The envelope is the first line, frames are the others.
opened = subprocess.run(["age", "-d", "-i", identity], input=sys.stdin.buffer.read(), capture_output=True)
need(opened.returncode == 0, "it is not encrypted to this identity, or not whole")
first, *rest = opened.stdout.splitlines()

# 2. The envelope (DSSE): what is signed says its type and its length.
envelope = json.loads(first)
payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
encoded = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
need(len(envelope["signatures"]) == 1 and signed(encoded, base64.b64decode(envelope["signatures"][0]["sig"])),
     "it is not signed by the log's key")
need(kind in (ALERT, CORRECTION), "it is of another type")
told = json.loads(payload)
need(told["centre"]["id"] == centre, "it is for another centre")

# 3. The proof (RFC 6962, 2.1.1): the decision's entry lies in the log, under a signed checkpoint.
proof = told["proof"]
entry, index = base64.b64decode(proof["entry"]), proof["index"]
text, signatures = proof["checkpoint"].split("\n\n", 1)
name, _, rest_of_key = log_key.partition("+")
sigs = [base64.b64decode(s.rsplit(" ", 1)[1])[4:] for s in signatures.splitlines() if s.startswith("— %s " % name)]
need(any(signed((text + "\n").encode(), s) for s in sigs), "the checkpoint is not signed by the log's key")
origin, size, root = text.split("\n")[:3]
size, node = int(size), sha256(b"\0" + entry)
need(origin == name and index < size, "the checkpoint is of another log, or does not reach the entry")
last = size - 1
for other in (base64.b64decode(h) for h in proof["hashes"] or []):
    need(last > 0, "the proof is too long")
    if index % 2 or index == last:
        node = sha256(b"\1" + other + node)
        while index and not index % 2:
            index, last = index >> 1, last >> 1
    else:
        node = sha256(b"\1" + node + other)
    index, last = index >> 1, last >> 1
need(last == 0 and node == base64.b64decode(root), "the proof does not lead to the checkpoint")

# 4. What is stated is what was logged on deciding: the digest is of the statement's own bytes.
start = payload.decode().index('"statement":') + len('"statement":')
stated, end = json.JSONDecoder().raw_decode(payload.decode(), start)
logged = json.loads(entry)
need(stated == told["statement"], "there is more than one statement")
need(logged["kind"] == "decision" and logged["id"] == told["statement"]["decision"], "the entry is of something else")
need(logged["digest"] == sha256(payload.decode()[start:end].encode()).hex(), "the statement is not what was logged")
need((told["statement"]["verdict"] == "confirm") == (kind == ALERT or told["outcome"] == "corrected"), "the verdict does not fit")

# 5. Frames, each named by the statement and of the SHA-256 that it has there.
frames = {e.get("sha256") for e in told["statement"]["evidence"] if e["what"] == "frame"}
for line in rest:
    frame = json.loads(line)
    data = base64.b64decode(frame["data"])
    need(sha256(data).hex() == frame["sha256"] and frame["sha256"] in frames, "an attachment is not named by the statement")
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(folder, frame["sha256"] + ".jpg"), "wb") as f:
            f.write(data)
print(json.dumps(told, indent=2, ensure_ascii=False))
