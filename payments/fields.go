package payments

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/vigil-stream/vigil/signal"
)

// Limits of single fields, in characters, as ISO 20022 has them (Max140Text,
// Max2048Text).
const (
	maxName       = 140
	maxIdentifier = 2048
)

// parseTime reads an ISODateTime, which must say its zone: a local time of an
// unknown place is wrong by up to a day. It comes back in UTC, in whole seconds.
func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if _, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			return time.Time{}, signal.Reject("time-zone", "has no zone")
		}
		return time.Time{}, signal.Reject("time", "is not a date and time of ISO 8601")
	}
	t = t.UTC().Truncate(time.Second)
	return t, checkTime(t)
}

// checkTime holds the years in bounds, because a profile's window follows its
// newest transfer.
func checkTime(t time.Time) error {
	if y := t.UTC().Year(); y < 2000 || y > 2099 {
		return signal.Reject("time", "is not of the years 2000 to 2099")
	}
	return nil
}

func checkCountry(code string) error {
	if code != "" && !isCountry(code) {
		return signal.Reject("country", "is not a country of ISO 3166-1")
	}
	return nil
}

// isCountry accepts the two capital letters of a country that exists, and XK,
// which payments use for Kosovo.
func isCountry(code string) bool {
	if len(code) != 2 || strings.ToUpper(code) != code {
		return false
	}
	r, err := language.ParseRegion(code)
	// A former code (DD) or an alias (UK) is canonical as another one.
	return err == nil && r.IsCountry() && r.Canonicalize() == r
}

// ibanCountry returns the country of a valid IBAN, or nothing.
func ibanCountry(iban string) string {
	if n, ok := strings.CutPrefix(signal.Normalise("", iban), "iban:"); ok && isCountry(n[:2]) {
		return n[:2]
	}
	return ""
}

// bicCountry returns the country in an ISO 9362 code, or nothing.
func bicCountry(bic string) string {
	if isBIC(bic) && isCountry(bic[4:6]) {
		return bic[4:6]
	}
	return ""
}

// isBIC checks the form of BICFIDec2014Identifier: 8 or 11 capitals and digits,
// the fifth and sixth of them letters.
func isBIC(s string) bool {
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

func checkLength(text string, most int) error {
	if n := utf8.RuneCountInString(text); n > most {
		return signal.Reject("text-too-long", "has %d characters, and the limit is %d", n, most)
	}
	return nil
}
