"""Measure the peers on the input that main.go wrote, one thread, and print JSON.

faiss is set as python-threatexchange sets it for PDQ: 16 tables of 16 bits, and
radius // 16 bits flipped in each. Queries are handed over all at once, which is
the best that its interface can do.
"""

import json
import os
import sys
import time

import faiss
import numpy
import pdqhash

folder, n, radius, width, height = sys.argv[1], *map(int, sys.argv[2:6])


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def codes(name):
    return numpy.fromfile(os.path.join(folder, name), dtype=numpy.uint8).reshape(-1, 32)


def best(runs, f):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


faiss.omp_set_num_threads(1)
frame = numpy.fromfile(os.path.join(folder, "frame.rgb"), dtype=numpy.uint8).reshape(height, width, 3)
bits, quality = pdqhash.compute(frame)
result = {
    "pdqhash_s": best(20, lambda: pdqhash.compute(frame)),
    "pdqhash": numpy.packbits(bits).tobytes().hex(),
}

before = resident()
index = faiss.IndexBinaryMultiHash(256, 16, 16)
start = time.perf_counter()
entries = codes("codes")
for at in range(0, n, 1_000_000):
    index.add(entries[at : at + 1_000_000])
result["faiss_build_s"] = time.perf_counter() - start
del entries
result["faiss_bytes_per_hash"] = (resident() - before) / n
index.nflip = max(radius // 16, 0)
for name in ("miss", "hit"):
    queries = codes(name)
    found = []
    # range_search leaves out what is at the radius itself.
    seconds = best(2, lambda: found.append(index.range_search(queries, radius + 1)))
    result[f"faiss_{name}_per_s"] = len(queries) / seconds
    result[f"faiss_{name}_found"] = int(found[0][0][-1])
print(json.dumps(result))
