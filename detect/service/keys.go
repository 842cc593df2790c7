package service

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/vigil-stream/vigil/api"
)

// Key says what the holder of one key may do.
type Key struct {
	api.Key `yaml:",inline"`
	// Platform is whose frames, sessions, flags and scores the holder sends, 1 to 256 characters.
	Platform string `yaml:"platform"`
}

// Check reports what is wrong with the platform.
func (k Key) Check() error {
	if strings.TrimSpace(k.Platform) == "" || !utf8.ValidString(k.Platform) || utf8.RuneCountInString(k.Platform) > maxText {
		return errors.New("platform: want the name of the platform that the key's holder sends for, 1 to 256 characters")
	}
	return nil
}

// Keys are the keys that a service takes, each with its quota of frames.
type Keys = api.Keys[Key]

// unit is what quotas count.
const unit = "frames"

// LoadKeys reads a key file as api.LoadKeys does.
func LoadKeys(path string) (*Keys, error) { return api.LoadKeys[Key](unit, path) }

// NewKeys returns the given keys. The error names every fault of each.
func NewKeys(keys ...Key) (*Keys, error) { return api.NewKeys(unit, keys...) }
