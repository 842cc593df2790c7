package blind

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Kind says what an identifier identifies.
type Kind string

// The kinds, with how each is normalised. All values are first brought into composed form
// (Unicode NFC), and blanks around them taken off.
const (
	// Account is an account on a platform. Holder: the platform's name, in lower case.
	// Value: the platform's own id of it, without a leading @, as it is written: some
	// platforms tell capital letters apart.
	Account Kind = "account"
	// Stream is a live stream. Holder: the platform, in lower case. Value: its id.
	Stream Kind = "stream"
	// Payment is a transaction. Holder: the institution, a BIC in capital letters without
	// the branch XXX. Value: its reference, as it is written.
	Payment Kind = "payment"
	// IP is an address, in the form of RFC 5952; one of IPv4 mapped into IPv6 is that of
	// IPv4. No holder, port, zone or prefix.
	IP Kind = "ip"
	// Email is an address, in lower case. Dots and +tags in it stay: what they mean is the
	// provider's to say. No holder.
	Email Kind = "email"
	// Evidence is the SHA-256 of a record's original bytes, in lower-case hex. No holder.
	Evidence Kind = "sha256"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Account, Stream, Payment, IP, Email, Evidence} }

// An Identifier is one of a kind. Holder is whose identifier it is, where the kind has one.
type Identifier struct {
	Kind   Kind
	Holder string
	Value  string
}

// MaxText limits a holder or a value, in bytes.
const MaxText = 512

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Normal returns the identifier in the one way in which it is written. The error names what
// is wrong and quotes nothing.
func (i Identifier) Normal() (Identifier, error) {
	holder, err := text("holder", i.Holder)
	if err != nil {
		return i, err
	}
	value, err := text("value", i.Value)
	if err != nil {
		return i, err
	}
	if value == "" {
		return i, errors.New("value: is empty")
	}
	held := true
	switch i.Kind {
	case Account:
		holder, value = strings.ToLower(holder), strings.TrimPrefix(value, "@")
	case Stream:
		holder = strings.ToLower(holder)
	case Payment:
		if holder = strings.ToUpper(holder); len(holder) == 11 {
			holder = strings.TrimSuffix(holder, "XXX")
		}
	case IP:
		ip, err := netip.ParseAddr(value)
		if err != nil || ip.Zone() != "" {
			return i, errors.New("value: must be an IP address, without port, zone or prefix")
		}
		held, value = false, ip.Unmap().String()
	case Email:
		held, value = false, strings.ToLower(value)
		if at := strings.LastIndexByte(value, '@'); at < 1 || at == len(value)-1 || strings.ContainsAny(value, " ,;<>") {
			return i, errors.New("value: must be an email address alone, as name@example.org")
		}
	case Evidence:
		held, value = false, strings.ToLower(value)
		if !sha256Form.MatchString(value) {
			return i, errors.New("value: must be 64 hex digits")
		}
	default:
		return i, fmt.Errorf("kind: must be one of %s", names())
	}
	// Lower case can leave composed form.
	holder, value = norm.NFC.String(holder), norm.NFC.String(value)
	switch {
	case held && holder == "":
		return i, fmt.Errorf("holder: %s needs one", i.Kind)
	case !held && holder != "":
		return i, fmt.Errorf("holder: %s has none", i.Kind)
	case value == "":
		return i, errors.New("value: is empty")
	}
	return Identifier{i.Kind, holder, value}, nil
}

func names() string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

func text(name, s string) (string, error) {
	switch {
	case len(s) > MaxText:
		return "", fmt.Errorf("%s: has %d bytes, and the limit is %d", name, len(s), MaxText)
	case !utf8.ValidString(s):
		return "", fmt.Errorf("%s: is not UTF-8", name)
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("%s: has control characters", name)
	}
	return s, nil
}

// A Key blinds.
type Key struct{ secret []byte }

// KeyBytes is how long a key is.
const KeyBytes = 32

// NewKey returns the key of 32 secret bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != KeyBytes {
		return Key{}, fmt.Errorf("blinding key: has %d bytes, and must have %d", len(secret), KeyBytes)
	}
	return Key{slices.Clone(secret)}, nil
}

// ID tells keys apart and gives none away.
func (k Key) ID() string { return k.mac("vigil blinding key")[:16] }

// Blind returns what stands for an identifier, 64 hex digits: the HMAC-SHA256 under the key
// of "vigil identifier 1", the kind, the normalised holder and value, with a NUL between.
func (k Key) Blind(i Identifier) (string, error) {
	n, err := i.Normal()
	if err != nil {
		return "", err
	}
	// No part has a NUL in it, so that no two identifiers are written alike.
	return k.mac("vigil identifier 1\x00" + string(n.Kind) + "\x00" + n.Holder + "\x00" + n.Value), nil
}

func (k Key) mac(text string) string {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}
