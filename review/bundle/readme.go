package bundle

import (
	"fmt"
	"time"
)

// readme tells whoever gets a bundle how to check it.
func (c Contents) readme() string {
	return fmt.Sprintf(`Evidence of case %s
exported %s by %s with %s

With vigil:

    vigil evidence verify --key KEY BUNDLE.zip

KEY is the verifier key of the audit log ("name+hash+base64") as you got it from the
platform by another way than this file. Without --key the one in audit/log.pub is taken,
and what you then know is only that the bundle fits together, not whose it is.

By hand:

1. Compare audit/log.pub with the key you were given. audit/log.pem is the same key.
2. manifest.dsse.json is a DSSE envelope. Its payload, base64, is an in-toto Statement v1:

    jq -r .payload manifest.dsse.json | base64 -d > payload
    jq -r '.signatures[0].sig' manifest.dsse.json | base64 -d > signature
    printf 'DSSEv1 28 application/vnd.in-toto+json %%s ' "$(wc -c < payload | tr -d ' ')" | cat - payload > signed
    openssl pkeyutl -verify -pubin -inkey audit/log.pem -rawin -in signed -sigfile signature

3. The statement names every other file with its SHA-256; there must be no other file:

    jq -r '.subject[] | .digest.sha256 + "  " + .name' payload | sha256sum -c

4. Each decision in decisions.json has the SHA-256 of the record it was made on
   (case_digest): of case.json, or of a file under records/.
5. audit/entry-N.json is entry N of the platform's audit log (base64 of a line of JSON) and
   its inclusion proof (RFC 6962) under a signed checkpoint (C2SP tlog-checkpoint). The
   entry of a decision has the SHA-256 of its statement: the bytes of the object in
   decisions.json. audit/checkpoint can be held against a later state of the log.
6. windows/NAME.age is a preserved window, encrypted (age) to those who may see it;
   windows/NAME.age.json says what it is, and its SHA-256 is in an entry of the log. A frame
   under originals/ is named by its SHA-256, which a signal in case.json or in records/
   must name as well. Those are in the clear: keep them accordingly.

7. What the log has of a case, other than of its decisions, is salted: with audit/salt, the
   digest of an entry of kind "case" or "view" is HMAC-SHA256, keyed by the text of the
   salt, of the text of the record's SHA-256:

    printf '%%s' "$(sha256sum < case.json | cut -d' ' -f1)" | openssl dgst -sha256 -hmac "$(cat audit/salt)"

To repeat the match:

    vigil evidence reproduce --key KEY BUNDLE.zip

decodes each frame under originals/ (or, with --identity FILE, those in windows/), hashes
it in the turns and without the bars that the match was made in, compares that with the hash
of the list's entry in entries.json, and holds the distance against the one that the signal
in case.json states, and against its radius. By hand: take the PDQ hash of the frame with
any implementation of facebook/ThreatExchange (pdq/cpp/pdq-photo-hasher, or pdqhash of
PyPI), turned as the signal's "view" says, and count the bits in which it differs from the
entry's. Both hashes are of 64 hexadecimal digits; the distance is the number of ones in
their exclusive or. Another decoder of JPEG may differ by a bit or two.

What this does not show: that the log tells all that happened, that a clock was right, or
that entries of the log were not left out here. case.jsonld tells the case again in CASE/UCO
for other tools, and is made from the files above.
`, c.Case, c.At.UTC().Format(time.RFC3339), c.By, c.Tool)
}
