package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// The files that every bundle has once.
const (
	nameReadme     = "README.txt"
	nameCase       = "case.json"
	nameDecisions  = "decisions.json"
	nameJSONLD     = "case.jsonld"
	nameCheckpoint = "audit/checkpoint"
	namePEM        = "audit/log.pem"
	nameKey        = "audit/log.pub"
	nameEntries    = "entries.json" // where there are any
	nameSalt       = "audit/salt"   // where there is one
	nameManifest   = "manifest.dsse.json"
)

// epoch is the time of every file: when what is in it happened stands in it.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Write writes a bundle, the same bytes for the same contents, and returns the SHA-256 of
// its manifest. Sign signs with the Ed25519 key that c.LogKey verifies. Whether what was
// written fits together is for Verify to say.
func Write(w io.Writer, c Contents, sign func(message []byte) ([]byte, error)) (manifest string, err error) {
	parts, err := c.parts()
	if err != nil {
		return "", fmt.Errorf("bundle: %w", err)
	}
	z := zip.NewWriter(w)
	var subjects []subject
	for _, p := range parts {
		if !nameForm.MatchString(p.name) {
			return "", fmt.Errorf("bundle: %q is no name of a file in a bundle", p.name)
		}
		sum, err := add(z, p)
		if err != nil {
			return "", fmt.Errorf("bundle: %s: %w", p.name, err)
		}
		subjects = append(subjects, subjectOf(p.name, sum))
	}
	envelope, err := c.seal(subjects, sign)
	if err != nil {
		return "", fmt.Errorf("bundle: %w", err)
	}
	if _, err := add(z, inMemory(nameManifest, envelope)); err != nil {
		return "", fmt.Errorf("bundle: %s: %w", nameManifest, err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("bundle: %w", err)
	}
	return digest(envelope), nil
}

func add(z *zip.Writer, p part) (sum string, err error) {
	in, err := p.open()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store, Modified: epoch})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, h), in); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
