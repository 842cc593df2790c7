package exchange

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
)

// secretText is what a Secret shows of itself.
const secretText = "(secret)"

// Secret holds a password, key or token and does not show it: every way of printing
// or encoding it gives "(secret)". The zero Secret is empty.
type Secret struct {
	// A pointer, since fmt cannot call the methods of a struct's unexported fields and
	// would print a string that it found there; of a pointer it prints the address.
	value *string
}

// NewSecret returns a Secret of the given value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the value, to be handed to the one who asks for it and to nobody
// else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns "(secret)".
func (Secret) String() string { return secretText }

// GoString returns "(secret)".
func (Secret) GoString() string { return secretText }

// Format writes "(secret)" whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secretText) }

// MarshalJSON returns "(secret)" in quotes.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + secretText + `"`), nil }

// MarshalText returns "(secret)".
func (Secret) MarshalText() ([]byte, error) { return []byte(secretText), nil }

// LogValue returns "(secret)".
func (Secret) LogValue() slog.Value { return slog.StringValue(secretText) }

// Credential says where a secret is kept: in a file or in the environment. It never
// holds the secret itself, so that a configuration may be shown and kept anywhere.
type Credential struct {
	// File is the path of a file that holds the secret and nothing else; one line end
	// after it is dropped. Only its owner may have access to it.
	File string
	// Env is the name of a variable of the environment.
	Env string
}

// maxSecret is the greatest length of a secret in bytes: a token or a key, not a list.
const maxSecret = 16 << 10

// Load reads the secret. It is meant to be called before each use, so that a secret
// can be changed while the program runs. Errors name the place, never the secret.
func (c Credential) Load() (Secret, error) {
	var value string
	switch {
	case c.File != "" && c.Env != "":
		return Secret{}, errors.New("credential: give either file or env, not both")
	case c.Env != "":
		if value = os.Getenv(c.Env); value == "" {
			return Secret{}, fmt.Errorf("credential: the environment has no %s, or it is empty", c.Env)
		}
	case c.File != "":
		var err error
		if value, err = loadFile(c.File); err != nil {
			return Secret{}, fmt.Errorf("credential: %w", err)
		}
	default:
		return Secret{}, errors.New("credential: give file or env")
	}
	if len(value) > maxSecret {
		return Secret{}, fmt.Errorf("credential: %s%s holds more than %d bytes", c.File, c.Env, maxSecret)
	}
	// Line ends and the like would end up in headers, and show that it is not a secret
	// but a file of several things.
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return Secret{}, fmt.Errorf("credential: %s%s holds control characters or several lines, want the secret alone", c.File, c.Env)
	}
	return NewSecret(value), nil
}

func loadFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	// Of the opened file, since what the path names may change.
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	// Windows has no such modes; its files follow their folder's access list.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("%s has mode %04o: others than its owner have access; want 0600 or 0400", path, mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+3))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return value, nil
}

// Credentials are an exchange's credentials by their names, as in "user".
type Credentials map[string]Credential

// Load reads the secret of the given name.
func (c Credentials) Load(name string) (Secret, error) {
	one, ok := c[name]
	if !ok {
		return Secret{}, fmt.Errorf("credentials have no %q", name)
	}
	s, err := one.Load()
	if err != nil {
		return Secret{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}
