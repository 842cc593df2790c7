package payments

import (
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

// MaxAmount limits an amount, in minor units: 10^15 is beyond any payment and
// below 2^53, so that every reader of JSON holds it exactly.
const MaxAmount = 1_000_000_000_000_000

// NoCurrency is the code of ISO 4217 for a transaction in which no currency is involved:
// a virtual asset of which nobody said the value. Its amount is 0, and whatever looks
// at amounts abstains. No message may say it: ParseAmount refuses it.
const NoCurrency = "XXX"

// minorDigits has the currencies and funds of ISO 4217 (list one of 2026-01, and
// ANG and BGN, which left it lately and may still come late) by the number of
// their decimals. It is kept here because CLDR, which
// golang.org/x/text/currency has, counts the decimals that people are shown
// instead: none for PKR or IDR, where a bank's message has two.
var minorDigits = digitsByCurrency(map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL " +
		"GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR " +
		"LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD " +
		"PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC " +
		"SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
})

// digitsByCurrency is a table by code: -1 is no currency.
func digitsByCurrency(codes map[int]string) (digits [26 * 26 * 26]int8) {
	for i := range digits {
		digits[i] = -1
	}
	for n, list := range codes {
		for code := range strings.FieldsSeq(list) {
			digits[placeOf(code)] = int8(n)
		}
	}
	return digits
}

// placeOf is the place of three capital letters in a table; below 0: it is something else.
func placeOf(code string) (place int) {
	if len(code) != 3 {
		return -1
	}
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return -1
		}
		place = 26*place + int(code[i]-'A')
	}
	return place
}

// MinorDigits returns how many decimals a currency of ISO 4217 has; ok is false for
// what is none.
func MinorDigits(currency string) (digits int, ok bool) {
	if place := placeOf(currency); place >= 0 && minorDigits[place] >= 0 {
		return int(minorDigits[place]), true
	}
	return 0, false
}

// ParseAmount reads a decimal number of major units, exactly, as minor units of
// the currency. Zeros beyond the currency's decimals are no loss and are read.
func ParseAmount(text, currency string) (int64, error) {
	digits, ok := MinorDigits(currency)
	if !ok {
		return 0, signal.Reject("currency", "is not a currency of ISO 4217")
	}
	number, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(number, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, signal.Reject("amount", "is not a decimal number")
	}
	if negative {
		return 0, signal.Reject("amount-negative", "is below zero")
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > digits {
		return 0, signal.Reject("amount-decimals", "has %d decimals, and %s has %d", len(fraction), currency, digits)
	}
	fraction += strings.Repeat("0", digits-len(fraction))
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	switch {
	case err != nil || n > MaxAmount: // digits only, so the one error is the range
		return 0, signal.Reject("amount-too-large", "is more than %d minor units", int64(MaxAmount))
	case n == 0:
		return 0, signal.Reject("amount-zero", "is zero")
	}
	return n, nil
}

// FormatAmount writes minor units as a decimal number of major units; decimals
// that are all zero are left out where brief.
func FormatAmount(minor int64, currency string, brief bool) string {
	digits, _ := MinorDigits(currency)
	s := strconv.FormatInt(minor, 10)
	if digits == 0 {
		return s
	}
	if len(s) <= digits {
		s = strings.Repeat("0", digits+1-len(s)) + s
	}
	whole, fraction := s[:len(s)-digits], s[len(s)-digits:]
	if brief && strings.Trim(fraction, "0") == "" {
		return whole
	}
	return whole + "." + fraction
}
