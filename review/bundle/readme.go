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

What this does not show: that the log tells all that happened, that a clock was right, or
that entries of the log were not left out here. case.jsonld tells the case again in CASE/UCO
for other tools, and is made from the files above.
`, c.Case, c.At.UTC().Format(time.RFC3339), c.By, c.Tool)
}
