package edge

import (
	"strings"
	"testing"

	"filippo.io/age"
)

func TestParseRecipients(t *testing.T) {
	id := newIdentity(t)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pub, pq := id.Recipient().String(), hybrid.Recipient().String()
	for _, c := range []struct {
		name, text string
		want       int
		says       string
	}{
		{"one", pub, 1, ""},
		{"comments, empty lines and ends of lines", "# centre\r\n\r\n" + pub + "\r\n  " + pub + " \n#end", 2, ""},
		{"hybrid", pq + "\n", 1, ""},
		{"empty", "", 0, "no public key"},
		{"comments only", "# nothing\n", 0, "no public key"},
		{"a secret key", pub + "\n" + id.String(), 0, "line 2: this is a secret key"},
		{"a secret key in small letters", strings.ToLower(id.String()), 0, "line 1: this is a secret key"},
		{"a hybrid secret key", hybrid.String(), 0, "line 1: this is a secret key"},
		{"a secret key of SSH", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc", 0, "line 1: this is a secret key"},
		{"a key of SSH", "# c\nssh-ed25519 AAAAC3Nz made@up", 0, "line 2: SSH keys are not taken"},
		{"a broken key", pub[:len(pub)-1] + "x", 0, "line 1: no public key of age"},
		{"something else", "hunter2secret", 0, "line 1: no public key of age"},
		{"a secret key behind something", "key=" + id.String(), 0, "line 1: no public key of age"},
		{"a secret key joined to a public one", pub + id.String(), 0, "line 1: no public key of age"},
		{"too many", strings.Repeat(pub+"\n", maxRecipients+1), 0, "line 65: more than 64"},
		{"too long", strings.Repeat("#", maxRecipientsFile+1), 0, "1048577 bytes"},
		{"a long line", strings.Repeat("#", maxRecipientsFile), 0, "no public key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseRecipients([]byte(c.text))
			if len(got) != c.want {
				t.Errorf("%d keys, want %d", len(got), c.want)
			}
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
			if err == nil {
				return
			}
			for _, line := range append(strings.Fields(c.text), id.String()) {
				if len(line) > 9 && strings.Contains(strings.ToLower(err.Error()), strings.ToLower(line)) {
					t.Errorf("the error quotes a line: %v", err)
				}
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	// printf %s age1… | sha256sum | cut -c1-16, of the key in age's own README.
	r, err := age.ParseX25519Recipient("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Fingerprint(r); err != nil || got != "cf7e568231315068" {
		t.Errorf("fingerprint %s, %v", got, err)
	}
}

func FuzzParseRecipients(f *testing.F) {
	id := newIdentity(f)
	f.Add([]byte(id.Recipient().String()))
	f.Add([]byte(id.String()))
	f.Add([]byte("age1pq1\n#\n\nssh-rsa"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := ParseRecipients(text)
		if err != nil {
			for line := range strings.Lines(string(text)) {
				if line = strings.TrimSpace(line); len(line) > 40 && strings.Contains(err.Error(), line) {
					t.Errorf("quotes %q", line)
				}
			}
			return
		}
		if _, err := fingerprints(all); err != nil {
			t.Error(err)
		}
	})
}
