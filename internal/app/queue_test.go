package app

import (
	"path/filepath"
	"testing"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/route"
	"github.com/vigil-stream/vigil/report/seal"
)

// playedCentres makes keys of all centres, where this deployment keeps those of centres that
// it plays itself, and returns the files for centre_keys.
func playedCentres(t testing.TB, c Config) map[string]string {
	t.Helper()
	directory, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, centre := range directory.Centres {
		file, err := filepath.Abs(c.centreKey(centre.ID, recipientsEnd))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ownCentre(filepath.Dir(file), centre.ID); err != nil {
			t.Fatal(err)
		}
		files[centre.ID] = file
	}
	return files
}

// readQueue opens a centre's queue with its keys. What is in it must pass its checks, and be
// encrypted.
func readQueue(t testing.TB, c Config, client *stream.Client, centre route.Centre) (all []told) {
	t.Helper()
	key := mustVerifier(t, c)
	identities, err := c.inboxIdentities(t.Context(), centre.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.ReadAll(t.Context(), centre.Topic(), func(m stream.Message) error {
		one, err := openTold(m, centre.ID, key, identities)
		if err != nil {
			return err
		}
		if !one.check.OK() || !one.Private || m.ContentType != seal.TypeEncrypted {
			t.Errorf("record %d of %s, %s: encrypted %t, %+v", m.Offset, centre.ID, one.id(), one.Private, one.check)
		}
		all = append(all, one)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func mustVerifier(t testing.TB, c Config) string {
	t.Helper()
	key, err := c.verifier("")
	if err != nil {
		t.Fatal(err)
	}
	return key
}
