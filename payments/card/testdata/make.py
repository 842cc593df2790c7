"""Makes the files of the tests with pyiso8583 (pip install pyiso8583), so that the reader is
held against another's idea of ISO 8583. All numbers, people and shops are made up; the
card numbers are of the ranges that networks keep for tests."""

import copy
import struct

import iso8583
from iso8583.specs import default, default_ascii

ascii_hex = default_ascii
# ASCII with a bitmap of bytes is pyiso8583's default.
ascii_raw = default
# BCD: numbers and lengths packed, the type too.
binary = copy.deepcopy(default)
numeric = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 53, 66, 67, 68, 69, 70, 71, 72, 73]
numeric += list(range(74, 91))
binary["t"]["data_enc"] = "b"
binary["t"]["max_len"] = 2
for f in numeric:
    binary[str(f)]["data_enc"] = "b"
    binary[str(f)]["max_len"] = (binary[str(f)]["max_len"] + 1) // 2
for f in range(2, 129):
    if binary[str(f)]["len_type"]:
        binary[str(f)]["len_enc"] = "b"
        binary[str(f)]["len_type"] = 1 if binary[str(f)]["len_type"] == 2 else 2
for f in (2, 32, 33, 35, 99, 100):
    binary[str(f)].update(data_enc="b", len_count="nibbles", left_pad="0")
# Lengths in BCD.
for f in range(2, 129):
    if binary[str(f)]["len_type"]:
        binary[str(f)]["len_enc"] = "bcd"


def shop(name, town, country):
    return name.ljust(25) + town.ljust(13) + country


BASE = {
    "t": "0200", "2": "4111111111111111", "3": "000000", "4": "000000001999", "7": "0331120000", "11": "000001",
    "12": "140000", "13": "0331", "14": "2912", "18": "5968", "19": "276", "22": "051", "25": "00", "32": "00123456",
    "35": "4111111111111111D29122010000000000000", "37": "609012000001", "41": "TERM0001", "42": "SHOP00000000001",
    "43": shop("Demo Tunnel Ltd", "Beispielstadt", "DE"), "49": "978", "52": "1122334455667788", "55": "9F2608AABBCCDD",
}


def made(**changes):
    m = dict(BASE)
    for k, v in changes.items():
        k = k.lstrip("f")
        if v is None:
            m.pop(k, None)
        else:
            m[k] = v
    return m


MESSAGES = [
    made(),
    # Cash at a machine, of a card of 19 digits, in pesos.
    made(f2="6212345678901234567", f35=None, f3="010000", f4="000000500000", f11="000002", f37="609012000002", f18="6011", f43=shop("Demo Cash", "Sampletown", "PH"), f49="608"),
    # The answer to the first, and a declined one.
    made(t="0210", f39="00", f52=None, f55=None),
    made(t="0110", f39="51", f11="000003", f37="609012000003", f52=None, f55=None),
    # A reversal of the first, with field 90 and a secondary bitmap; and one of a part.
    made(t="0400", f7="0331121500", f11="000009", f90="020000000103311200000000012345600000000000", f52=None, f55=None),
    made(t="0420", f7="0331121500", f11="000010", f95="000000001000".ljust(42, "0"), f52=None, f55=None),
    # Without a reference number: a purchase and its reversal.
    made(f37=None, f11="000004"),
    made(t="0400", f37=None, f7="0331121600", f11="000011", f90="020000000403311200000000012345600000000000"),
    # Money back, an inquiry, a card that is checked, a sign of life.
    made(f3="200000", f11="000005", f37="609012000005"),
    made(f3="310000", f11="000006", f37="609012000006"),
    made(f4="000000000000", f11="000007", f37="609012000007"),
    {"t": "0800", "7": "0331120001", "11": "000008", "70": "301"},
    # The card is in track 2 alone; the currency in letters; no shop.
    made(f2=None, f11="000012", f37="609012000012", f49="JPY", f42=None, f43=None),
    # Of the year before, and of a day that is in no year.
    made(f7="1231235959", f11="000013", f37="609012000013"),
    made(f7="0229120000", f11="000014", f37="609012000014"),
    # Faults.
    made(f49="999", f11="000015", f37="609012000015"),
    made(f4=None, f11="000016", f37="609012000016"),
    made(f7=None, f11="000017", f37="609012000017"),
    made(f2=None, f35=None, f11="000018", f37="609012000018"),
    made(f37=None, f11=None),
]


def packed(message, spec):
    """Numbers of an odd count of digits get a zero before them where they are packed."""
    m = dict(message)
    if spec is binary:
        for f in numeric:
            f = str(f)
            if f in m and len(m[f]) % 2:
                m[f] = "0" + m[f]
    elif spec is ascii_raw:
        pass
    if spec is not ascii_hex and "55" in m and spec["55"]["data_enc"] == "b" and len(m["55"]) % 2:
        m["55"] = "0" + m["55"]
    encoded, _ = iso8583.encode(m, spec)
    return bytes(encoded)


def write(name, spec, header):
    with open(name, "wb") as f:
        for m in MESSAGES:
            data = packed(m, spec)
            f.write(header(len(data)) + data)


write("ascii-2.iso8583", ascii_hex, lambda n: struct.pack(">H", n))
write("ascii-raw-4.iso8583", ascii_raw, lambda n: struct.pack(">I", n))
write("binary-4.iso8583", binary, lambda n: b"%04d" % n)
