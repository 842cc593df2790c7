package api

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// plain is a key that may do what it says.
type plain struct {
	Key `yaml:",inline"`
	May []string `yaml:"may"`
}

func (p plain) Check() error {
	if slices.Contains(p.May, "") {
		return errors.New("may: want something")
	}
	return nil
}

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key, digest := NewKey()
		if len(key) != 49 || len(digest) != 64 || seen[key] {
			t.Fatalf("key of %d characters, digest of %d", len(key), len(digest))
		}
		seen[key] = true
	}
}

func TestWeakKeyIsNoKey(t *testing.T) {
	// The digest of "password": the file cannot tell, the form of what is sent does.
	keys, err := NewKeys("things", plain{Key: Key{Name: "a", SHA256: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", PerMinute: 1, PerDay: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if keys.find("password") != nil {
		t.Error("a weak key is taken")
	}
}

// TestClockSetBack neither empties nor fills twice.
func TestClockSetBack(t *testing.T) {
	q := newQuota(10, 1000)
	if q.take(epoch, 5) != 0 || q.take(epoch.Add(-time.Hour), 5) != 0 {
		t.Error("what was there is gone")
	}
	if q.take(epoch, 1) == 0 || q.take(epoch.Add(-time.Hour), 1) == 0 {
		t.Error("an hour passed that did not")
	}
	if q.take(epoch.Add(time.Minute), 10) != 0 {
		t.Error("a minute later it is not full")
	}
}

func TestQuotaUnderLoad(t *testing.T) {
	q := newQuota(100, 1000)
	var mu sync.Mutex
	taken := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if q.take(epoch, 1) == 0 {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if taken != 100 {
		t.Errorf("%d taken of 100", taken)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	first, firstDigest := NewKey()
	second, secondDigest := NewKey()
	one := func(name, digest string) string {
		return fmt.Sprintf("  - {name: %s, sha256: %q, per_minute: 10, per_day: 100, may: [this]}\n", name, digest)
	}
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: true, 0o440: true, 0o644: false, 0o660: false, 0o602: false} {
		write("keys:\n"+one("a", firstDigest), mode)
		if _, err := LoadKeys[plain]("things", path); (err == nil) != ok {
			t.Errorf("mode %04o: %v", mode, err)
		}
		_ = os.Chmod(path, 0o600)
	}
	keys, err := LoadKeys[plain]("things", path)
	if err != nil {
		t.Fatal(err)
	}
	h := keys.find(first)
	if h == nil || h.grant.Name != "a" || h.grant.PerDay != 100 || !slices.Equal(h.grant.May, []string{"this"}) {
		t.Fatalf("%+v", h)
	}
	h.quota.take(epoch, 10)

	write("keys:\n"+one("a", firstDigest)+one("b", secondDigest), 0o600)
	if changed, err := keys.Reload(); err != nil || !changed {
		t.Fatalf("%v %v", changed, err)
	}
	if changed, err := keys.Reload(); err != nil || changed {
		t.Errorf("again: %v %v", changed, err)
	}
	if keys.find(second) == nil || keys.find(first).quota.take(epoch, 1) == 0 {
		t.Error("the new key is missing, or what the first used is forgotten")
	}

	for name, text := range map[string]string{
		"broken": "keys: [", "empty": "", "none": "keys: []", "unknown": "keys:\n  - {name: a, sha: " + firstDigest + "}\n",
		"type": "keys:\n  - {name: a, sha256: [" + firstDigest + "]}\n", "large": strings.Repeat("#", maxKeyFile+1),
	} {
		write(text, 0o600)
		if changed, err := keys.Reload(); err == nil || changed || strings.Contains(err.Error(), firstDigest) {
			t.Errorf("%s: %v %v", name, changed, err)
		}
		if keys.find(second) == nil {
			t.Errorf("%s: the keys of before are gone", name)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Reload(); err == nil || keys.find(second) == nil {
		t.Errorf("removed: %v", err)
	}
	write(`{"keys":[{"name":"b","sha256":"`+secondDigest+`","per_minute":10,"per_day":100}]}`, 0o600) // JSON.
	if _, err := keys.Reload(); err != nil || keys.find(first) != nil || keys.find(second) == nil {
		t.Errorf("taken back: %v", err)
	}
}

func TestKeyFaults(t *testing.T) {
	_, digest := NewKey()
	good := plain{Key: Key{Name: "a", SHA256: digest, PerMinute: 1, PerDay: 1}}
	bad := plain{Key: Key{Name: "no name", SHA256: "12"}, May: []string{""}}
	_, err := NewKeys("things", good, good, bad)
	for _, text := range []string{
		`keys[1]: name "a" is that of keys[0]`, "keys[1]: sha256 is that of keys[0]", `keys[2]: name "no name"`, "64 hexadecimal digits",
		"per_minute is 0, want the number of things", "per_day is 0", "may: want something",
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not say %s", err, text)
		}
	}
	if err != nil && strings.Contains(err.Error(), digest) {
		t.Error("the error holds a digest")
	}
	if _, err := NewKeys[plain]("things"); err == nil {
		t.Error("no keys are taken")
	}
}

// TestRefund gives back what was charged for nothing, and no more than there can be.
func TestRefund(t *testing.T) {
	q := newQuota(10, 1000)
	if q.take(epoch, 10) != 0 || q.take(epoch, 1) == 0 {
		t.Fatal("a full quota does not give what it has")
	}
	if q.give(4); q.take(epoch, 5) == 0 || q.take(epoch, 4) != 0 {
		t.Error("what was given back is not there, or more is")
	}
	if q.give(100); q.take(epoch, 10) != 0 || q.take(epoch, 1) == 0 {
		t.Error("more was given back than there can be")
	}
}

// FuzzKeyFile reads key files.
func FuzzKeyFile(f *testing.F) {
	_, digest := NewKey()
	f.Add([]byte("keys:\n  - {name: a, sha256: " + digest + ", per_minute: 1, per_day: 2, may: [a]}\n"))
	f.Add([]byte(`{"keys":[{"name":"a"}]}`))
	f.Add([]byte("keys: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys[plain](text)
		if err != nil {
			return
		}
		if k, err := NewKeys("things", keys...); err == nil && len(*k.holders.Load()) == 0 {
			t.Error("no keys, and no error")
		}
	})
}
