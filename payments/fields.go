package payments

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/vigil-stream/vigil/signal"
)

// What every format of payments checks of its fields.

// Limits of single fields, in characters, as ISO 20022 has them (Max140Text,
// Max2048Text).
const (
	MaxName       = 140
	MaxIdentifier = 2048
)

// ParseTime reads an ISODateTime, which must say its zone: a local time of an
// unknown place is wrong by up to a day. It comes back in UTC, in whole seconds.
func ParseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if _, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			return time.Time{}, signal.Reject("time-zone", "has no zone")
		}
		return time.Time{}, signal.Reject("time", "is not a date and time of ISO 8601")
	}
	t = t.UTC().Truncate(time.Second)
	return t, CheckTime(t)
}

// CheckTime holds the years in bounds, because a profile's window follows its
// newest transfer.
func CheckTime(t time.Time) error {
	if y := t.UTC().Year(); y < 2000 || y > 2099 {
		return signal.Reject("time", "is not of the years 2000 to 2099")
	}
	return nil
}

// CheckCountry refuses what is neither empty nor a country, as IsCountry has it.
func CheckCountry(code string) error {
	if code != "" && !IsCountry(code) {
		return signal.Reject("country", "is not a country of ISO 3166-1")
	}
	return nil
}

// IsCountry accepts the two capital letters of a country that exists, and XK,
// which payments use for Kosovo.
func IsCountry(code string) bool {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return false
	}
	return countries[int(code[0]-'A')*26+int(code[1]-'A')]
}

// countries has for each two letters whether they are a country's: to ask the
// language package takes as long as to read a whole transfer.
var countries = func() (known [26 * 26]bool) {
	for i := range known {
		r, err := language.ParseRegion(string([]byte{byte('A' + i/26), byte('A' + i%26)}))
		// A former code (DD) or an alias (UK) is canonical as another one.
		known[i] = err == nil && r.IsCountry() && r.Canonicalize() == r
	}
	return known
}()

// IBANCountry returns the country of a valid IBAN, or nothing.
func IBANCountry(iban string) string {
	if n, ok := strings.CutPrefix(signal.Normalise("", iban), "iban:"); ok && IsCountry(n[:2]) {
		return n[:2]
	}
	return ""
}

// BICCountry returns the country in an ISO 9362 code, or nothing.
func BICCountry(bic string) string {
	if IsBIC(bic) && IsCountry(bic[4:6]) {
		return bic[4:6]
	}
	return ""
}

// IsBIC checks the form of BICFIDec2014Identifier: 8 or 11 capitals and digits,
// the fifth and sixth of them letters.
func IsBIC(s string) bool {
	if len(s) != 8 && len(s) != 11 {
		return false
	}
	for i, c := range s {
		letter := c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !letter && (!digit || i == 4 || i == 5) {
			return false
		}
	}
	return true
}

// CheckLength refuses a text of more than so many characters.
func CheckLength(text string, most int) error {
	if n := utf8.RuneCountInString(text); n > most {
		return signal.Reject("text-too-long", "has %d characters, and the limit is %d", n, most)
	}
	return nil
}

// Clean takes out control and formatting characters, which have no business in
// a field of a payment and could mislead who reads it on a screen, and makes
// every run of blanks one.
func Clean(text string) string {
	if isClean(text) {
		return text
	}
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}

// isClean tells texts of ASCII that Clean would not change, which most are.
func isClean(text string) bool {
	blank := true // At the beginning, and behind a blank.
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank || text == ""
}

// At names the place of a fault; no fault stays none.
func At(where string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", where, err)
}
