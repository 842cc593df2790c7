package columns

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/vigil-stream/vigil/payments"

	"github.com/vigil-stream/vigil/internal/yamlfile"
)

// checkForm checks how the file is written.
func (m *Map) checkForm(f *yamlfile.Faults, lines map[string]int, encoding, delimiter, header, skip string) {
	switch strings.ToLower(encoding) {
	case "", "utf-8":
	case "iso-8859-1":
		m.charset = charmap.ISO8859_1
	case "windows-1252":
		m.charset = charmap.Windows1252
	default:
		f.Add(lines["encoding"], "encoding: want utf-8, iso-8859-1 or windows-1252")
	}
	if delimiter != "" || lines["delimiter"] > 0 {
		if len(delimiter) != 1 || delimiter[0] >= 0x80 || strings.ContainsAny(delimiter, "\"\r\n\x00") {
			f.Add(lines["delimiter"], "delimiter: want one character of ASCII, no quote and no end of line")
		} else {
			m.delimiter = rune(delimiter[0])
		}
	}
	switch header {
	case "", "true":
	case "false":
		m.header = false
	default:
		f.Add(lines["header"], "header: want true or false")
	}
	if skip != "" {
		n, err := strconv.Atoi(skip)
		if err != nil || n < 0 || n > 1000 {
			f.Add(lines["skip"], "skip: want a number of lines, 0 to 1000")
		}
		m.skip = n
	}
	mark := func(s string) bool {
		return utf8.RuneCountInString(s) == 1 && !strings.ContainsAny(s, "0123456789+-()\"\r\n")
	}
	if !mark(m.numbers.decimal) || m.numbers.decimal == " " {
		f.Add(lines["decimal"], "decimal: want one character, no digit, sign or blank")
	}
	if m.numbers.grouping != "" && (!mark(m.numbers.grouping) || m.numbers.grouping == m.numbers.decimal) {
		f.Add(lines["grouping"], "grouping: want one character, no digit or sign, and another than decimal")
	}
}

// checkTime checks how times are written.
func (m *Map) checkTime(f *yamlfile.Faults, lines map[string]int, at, date, clock, zone string) {
	read := func(key, ours string, used bool, whole func(layout) bool, want string) layout {
		if ours == "" {
			if used {
				f.Add(lines["time"], "%s: is missing", key)
			}
			return layout{}
		}
		l, err := newLayout(ours)
		if err != nil {
			f.Add(lines[key], "%s: %v", key, err)
		} else if !whole(l) {
			f.Add(lines[key], "%s: want %s", key, want)
		}
		return l
	}
	m.layout = read("time.layout", at, m.used["at"] || m.used["paid_out"], func(l layout) bool { return l.hasDate && l.hasHour }, "a layout with year, month, day, hour and minute")
	m.date = read("time.date", date, m.used["date"], func(l layout) bool { return l.hasDate && !l.hasHour }, "a layout with year, month and day alone")
	m.clock = read("time.clock", clock, m.used["clock"], func(l layout) bool { return l.hasHour && !l.hasDate }, "a layout with hour and minute alone")
	if m.assume != "" {
		l, _ := newLayout("HH:mm")
		if _, err := l.read(m.assume, time.UTC); err != nil {
			f.Add(lines["time.assume"], "time.assume: want an hour, as in 12:00")
		}
		if m.used["clock"] {
			f.Add(lines["time.assume"], "time.assume: there is a column for clock")
		}
		m.clock = l
	}
	if zone != "" {
		in, err := time.LoadLocation(zone)
		if err != nil || zone == "Local" {
			f.Add(lines["time.zone"], "time.zone: want a name of the time zone database, as in Europe/Berlin")
		}
		m.zone = in
	} else if (m.used["at"] || m.used["paid_out"]) && at != "" && !m.layout.hasZone || m.used["date"] && !m.clock.hasZone {
		f.Add(lines["time"], "time.zone: is missing, and the layout has no zone")
	}
}

// checkFields checks that the map has what a transaction must have.
func (m *Map) checkFields(f *yamlfile.Faults, lines map[string]int) {
	has := func(name string) bool { return m.used[name] || m.fixed[name] }
	for _, name := range slices.Sorted(maps.Keys(m.fixed)) {
		if m.used[name] {
			f.Add(0, "constants: %s is a column too", name)
		}
	}
	for _, name := range []string{"id", "institution", "currency"} {
		if !has(name) {
			f.Add(0, "columns: none for %s, and no constant", name)
		}
	}
	switch {
	case has("at") && (has("date") || has("clock")), has("clock") && !has("date"):
		f.Add(0, "columns: want at, or date and clock")
	case !has("at") && !has("date"):
		f.Add(0, "columns: none for at, and none for date")
	case has("date") && !has("clock") && m.assume == "":
		f.Add(0, "columns: none for clock; where dates have no time, time.assume has to say which to take")
	}
	sides := m.used["debit"] || m.used["credit"]
	switch {
	case sides && (m.used["amount"] || !m.used["debit"] || !m.used["credit"]):
		f.Add(0, "columns: want amount, or debit and credit")
	case !sides && !m.used["amount"]:
		f.Add(0, "columns: none for amount")
	}
	var ofNamed, ofStatement bool
	for _, fl := range fieldNames {
		ofNamed = ofNamed || has(fl.name) && isEndOf(named, fl.name)
		ofStatement = ofStatement || has(fl.name) && isEndOf(statement, fl.name)
	}
	m.statement = ofStatement
	ways := 0
	for _, way := range []bool{sides, m.sign != "", m.used["direction"]} {
		if way {
			ways++
		}
	}
	switch {
	case ofNamed == ofStatement:
		f.Add(0, "columns: want fields of debtor and creditor, or of account and counterparty")
	case ofNamed && ways > 0:
		f.Add(lines["direction"], "direction: debtor and creditor say it already")
	case ofStatement && ways != 1:
		f.Add(lines["direction"], "direction: want one of direction.sign, a column direction, or the columns debit and credit")
	}
	if m.sign != "" && m.sign != "negative" && m.sign != "positive" {
		f.Add(lines["direction.sign"], "direction.sign: want negative or positive, which is what leaves the account")
	}
	if m.used["direction"] != (len(m.debit) > 0 && len(m.credit) > 0) || (len(m.debit) > 0) != (len(m.credit) > 0) {
		f.Add(lines["direction"], "direction: debit and credit list what the column direction says; want both lists and the column, or none")
	}
	if m.used["status"] != (len(m.withdrawn) > 0) {
		f.Add(lines["withdrawn"], "withdrawn: lists what the column status says; want both or none")
	}
	if c := m.constants.rail; c != "" && !isRail(m.rail(c)) {
		f.Add(0, "constants: rail is none of %s", strings.Join(rails, ", "))
	}
	if c := m.constants.funding; c != "" && !isFunding(c) {
		f.Add(0, "constants: funding is none of cash, account, card, prepaid")
	}
	if c := m.constants.currency; c != "" {
		if _, known := payments.MinorDigits(c); !known {
			f.Add(0, "constants: currency is none of ISO 4217")
		}
	}
	if !m.header {
		for i := range m.columns {
			n, err := strconv.Atoi(m.columns[i].name)
			if err != nil || n < 1 || n > maxColumns {
				f.Add(m.columns[i].line, "columns: without a header a column is a number, 1 to %d", maxColumns)
			}
			m.columns[i].index = n - 1
		}
	}
}

// rails are payments' rails.
var rails = []string{"remittance", "bank", "e-wallet", "p2p", "gift-card", "prepaid-card", "platform-token", "virtual-asset", "processor", "card"}

func isRail(name string) bool { return slices.Contains(rails, name) }

func isFunding(name string) bool {
	return slices.Contains([]string{"cash", "account", "card", "prepaid"}, name)
}
