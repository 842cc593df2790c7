package verify

import (
	"crypto/ed25519"
	"strings"
	"testing"
)

func TestPublicKeyIsThatOfTheVerifier(t *testing.T) {
	k := newKeeper(t)
	id, key, err := PublicKey(k.verifier)
	if err != nil || !strings.HasPrefix(k.verifier, id+"+") || strings.Count(id, "+") != 1 {
		t.Fatal(id, err)
	}
	signature, err := k.signer.Sign([]byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(key, []byte("message"), signature) || ed25519.Verify(key, []byte("another"), signature) {
		t.Error("the key is not the one that signs")
	}
	for _, bad := range []string{"", "no key", k.verifier + "A", strings.Replace(k.verifier, "example", "another", 1)} {
		if _, _, err := PublicKey(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
