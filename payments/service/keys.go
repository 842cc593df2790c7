package service

import (
	"errors"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/payments"
)

// Key says what the holder of one key may do.
type Key struct {
	api.Key `yaml:",inline"`
	// Institution is whose payments the holder sends, as they name it: 1 to 140 characters.
	Institution string `yaml:"institution"`
	// Columns is the file of the column map by which its CSV is read; without it, it
	// sends none.
	Columns string `yaml:"columns,omitempty"`
}

// Check reports what is wrong with the institution.
func (k Key) Check() error {
	if k.Institution == "" || payments.Clean(k.Institution) != k.Institution || payments.CheckLength(k.Institution, payments.MaxName) != nil {
		return errors.New("institution: want the institution that the key's holder sends for, as its payments name it, 1 to 140 characters")
	}
	return nil
}

// holds reports whether an institution is the key's. A BIC of eight characters is that of
// the head office, which the eleven with XXX are too (ISO 9362).
func (k Key) holds(institution string) bool {
	return head(institution) == head(k.Institution)
}

func head(institution string) string {
	if short, is := strings.CutSuffix(institution, "XXX"); is && len(short) == 8 && payments.BICCountry(institution) != "" {
		return short
	}
	return institution
}

// Keys are the keys that a service takes, each with its quota of records.
type Keys = api.Keys[Key]

// unit is what quotas count.
const unit = "records"

// LoadKeys reads a key file as api.LoadKeys does.
func LoadKeys(path string) (*Keys, error) { return api.LoadKeys[Key](unit, path) }

// NewKeys returns the given keys. The error names every fault of each.
func NewKeys(keys ...Key) (*Keys, error) { return api.NewKeys(unit, keys...) }
