package quickjson

import (
	"strconv"
	"time"
)

// Text reads ASCII of so many bytes.
func (r *Reader) Text(least, most int) string {
	s := r.ASCII()
	r.Check(least <= len(s) && len(s) <= most)
	return s
}

// OneOf reads one of a few texts.
func (r *Reader) OneOf(all ...string) string {
	s := r.ASCII()
	for _, a := range all {
		if s == a {
			return a
		}
	}
	r.bad = true
	return ""
}

// Capitals reads so many of them.
func (r *Reader) Capitals(n int) string {
	s := r.Text(n, n)
	for i := range len(s) {
		r.Check(s[i] >= 'A' && s[i] <= 'Z')
	}
	return s
}

// Hex reads a prefix and n digits of hex in small letters; n is a multiple of eight.
func (r *Reader) Hex(prefix string, n int) string {
	n += len(prefix)
	if !r.Next('"') || len(r.data)-r.at <= n || r.data[r.at+n] != '"' {
		r.bad = true
		return ""
	}
	s := r.data[r.at : r.at+n]
	r.at += n + 1
	r.Check(s[:len(prefix)] == prefix)
	for d := s[len(prefix):]; len(d) >= 8; d = d[8:] {
		r.Check(hexWord(d))
	}
	return s
}

// hexWord reports whether eight bytes are digits of hex, in small letters: all at once,
// each in its byte of a word.
func hexWord(s string) bool {
	w := word(s)
	low := w &^ highBits
	digit := (low + (0x80-'0')*eachByte) &^ (low + (0x80-'9'-1)*eachByte)
	letter := (low + (0x80-'a')*eachByte) &^ (low + (0x80-'f'-1)*eachByte)
	return (digit|letter)&^w&highBits == highBits
}

// A word of ones, and of the high bits of its bytes.
const eachByte, highBits = 0x0101010101010101, 0x8080808080808080

// word is eight bytes, the first lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	r.space()
	for _, word := range [...]string{"true", "false"} {
		if rest := r.data[r.at:]; len(rest) > len(word) && rest[:len(word)] == word {
			r.at += len(word)
			r.Check(r.ends())
			return word == "true"
		}
	}
	r.bad = true
	return false
}

// ends reports whether what comes next ends a number or a word.
func (r *Reader) ends() bool {
	if r.at >= len(r.data) {
		return false
	}
	switch r.data[r.at] {
	case ',', '}', ']', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// Whole reads a whole number without a sign, of up to 16 digits.
func (r *Reader) Whole(least, most uint64) (n uint64) {
	r.space()
	from := r.at
	for r.at < len(r.data) && r.at < from+16 && r.data[r.at] >= '0' && r.data[r.at] <= '9' {
		n = 10*n + uint64(r.data[r.at]-'0')
		r.at++
	}
	// A zero stands alone.
	r.Check(r.at > from && r.ends() && n >= least && n <= most && (r.data[from] != '0' || r.at == from+1))
	return n
}

// Share reads a number from 0 to 1, written with a point or without.
func (r *Reader) Share() float64 {
	r.space()
	from := r.at
	for r.at < len(r.data) && (r.data[r.at] >= '0' && r.data[r.at] <= '9' || r.data[r.at] == '.') {
		r.at++
	}
	number := r.data[from:r.at]
	r.Check(r.ends() && len(number) > 0 && len(number) < 24 && number[0] != '.' && number[len(number)-1] != '.' &&
		(number[0] != '0' || len(number) == 1 || number[1] == '.'))
	if r.bad {
		return 0
	}
	f, err := strconv.ParseFloat(number, 64)
	r.Check(err == nil && f <= 1)
	return f
}

// Time reads a time in UTC as RFC 3339 has it, with at most so many digits of a second's
// fraction.
func (r *Reader) Time(digits int) time.Time {
	const least = len("2006-01-02T15:04:05Z")
	s := r.Text(least, least+1+digits)
	if r.bad || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		r.bad = true
		return time.Time{}
	}
	year, month, day := 100*two(s)+two(s[2:]), two(s[5:]), two(s[8:])
	hour, minute, second := two(s[11:]), two(s[14:]), two(s[17:])
	nanos, scale := 0, 100_000_000
	if fraction := s[19 : len(s)-1]; fraction != "" {
		r.Check(fraction[0] == '.' && len(fraction) > 1)
		for i := 1; i < len(fraction); i++ {
			r.Check(fraction[i] >= '0' && fraction[i] <= '9')
			nanos += int(fraction[i]-'0') * scale
			scale /= 10
		}
	}
	// Below 0 where a digit is none. Which days a month has is not gone into beyond 28.
	r.Check(year >= 1 && two(s) >= 0 && two(s[2:]) >= 0 && 1 <= month && month <= 12 && 1 <= day && day <= 31 &&
		0 <= hour && hour <= 23 && 0 <= minute && minute <= 59 && 0 <= second && second <= 59)
	if r.bad {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	r.Check(day <= 28 || t.Day() == day)
	return t
}

// two reads two digits; it is far below 0 where one is none.
func two(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -100_000
	}
	return 10*int(a) + int(b)
}
