package inbox

import (
	"testing"

	"filippo.io/age"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox/inboxtest"
	"github.com/vigil-stream/vigil/report/seal"
)

// TestEachStepIsNamed breaks a record at each step.
func TestEachStepIsNamed(t *testing.T) {
	mine, other := identity(t), identity(t)
	d := newDesk(t, func(s *Settings) { s.Identities = []age.Identity{mine} })
	a := d.alert(0)
	wrong := a
	wrong.Centre.ID = "us"
	inside := seal.Attach("text/plain", []byte("beside"))
	cut := d.log.Seal(t, a, nil, mine.Recipient())
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"size", "size", make([]byte, MaxRecord+1)},
		{"pictures", "form", []byte("\x89PNG")}, {"nothing", "form", nil}, {"a list", "form", []byte(`[1]`)},
		{"cut", "decrypt", cut[:len(cut)-20]},
		{"to another", "decrypt", d.log.Seal(t, a, nil, other.Recipient())},
		{"by another", "signature", inboxtest.NewLog(t, 1).Seal(t, a, nil, mine.Recipient())},
		{"by another, open", "signature", inboxtest.NewLog(t, 1).Seal(t, a, nil)},
		{"an attachment that is not named", "attachments", d.log.Seal(t, a, []seal.Attachment{inside}, mine.Recipient())},
		{"no alert", "decode", []byte(`{"id": 1}`)},
		{"to another centre", "centre", inboxtest.JSON(t, wrong)},
		{"sealed to another centre", "centre", d.log.Seal(t, wrong, nil, mine.Recipient())},
	} {
		got := d.set.Check(c.data, "")
		if got.Failed() != c.want {
			t.Errorf("%s: failed at %q, want %q: %+v", c.name, got.Failed(), c.want, got.Steps)
		}
		d.take(0, c.data)
	}
	if n := len(d.failed()); n != 12 || d.counts().Waits != 0 {
		t.Errorf("%d rows, %+v", n, d.counts())
	}
	for _, good := range [][]byte{inboxtest.JSON(t, a), d.log.Seal(t, a, nil), d.log.Seal(t, a, nil, mine.Recipient()), d.log.Seal(t, a, nil, other.Recipient(), mine.Recipient())} {
		if got := d.set.Check(good, ""); got.Failed() != "" || got.Alert.ID != a.ID {
			t.Errorf("a good one failed: %+v", got.Steps)
		}
	}
	strict := d.set.Keys
	strict.SealedOnly = true
	if got := strict.Check(inboxtest.JSON(t, a), ""); got.Failed() != StepSealed {
		t.Errorf("plain, where what is sealed alone is taken: %+v", got.Steps)
	}
}

// TestOnlyFramesAreNamed: what else a statement names by its SHA-256 may not lie beside it.
func TestOnlyFramesAreNamed(t *testing.T) {
	named := framesOf([]byte(`{"statement":{"evidence":[{"what":"frame","sha256":"aa"},{"what":"session","sha256":"bb"},{"what":"frame"}]},"sha256":"cc"}`))
	if !named["aa"] || named["bb"] || named["cc"] {
		t.Errorf("%v", named)
	}
	if named := framesOf([]byte(`[]`)); len(named) != 0 {
		t.Errorf("%v", named)
	}
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// FuzzCheck: whatever comes, a step says so, and nothing passes that was not made by the
// log.
func FuzzCheck(f *testing.F) {
	log := inboxtest.NewLog(f, 0)
	a := log.Alert(f, inboxtest.Case{At: start, Strong: true}, 1)
	for _, seed := range [][]byte{inboxtest.JSON(f, a), log.Seal(f, a, nil), inboxtest.JSON(f, log.Correction(f, inboxtest.Case{At: start}, true)), []byte("age-encryption.org/v1\n-> X25519 a\n"), {}} {
		f.Add(seed)
	}
	keys := Keys{Centre: "ph", Logs: []string{log.Verifier}}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := keys.Check(data, "")
		if len(c.Steps) == 0 {
			t.Fatal("no step")
		}
		if c.Failed() == "" && c.Kind == KindAlert && !report.Verify(c.Alert, log.Verifier).OK() {
			t.Fatal("it passed, and does not verify")
		}
		for _, s := range c.Steps {
			if s.Says == "" || len(s.Says) > 4096 {
				t.Fatalf("step %s says %d bytes", s.Name, len(s.Says))
			}
		}
	})
}
