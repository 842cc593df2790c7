package app

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/card"
	"github.com/vigil-stream/vigil/payments/columns"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/signal"
)

// FileFormat says what the files of a feed are. The zero value tells by their beginning.
type FileFormat struct {
	Format  string // of intake's; see intake.Open
	Columns string // file of a column map: the files are CSV
	Cards   bool   // the files are ISO 8583
	// The rest is of cards.
	Institution, AsOf, Encoding, Names string
	Header                             int
}

// name stands for the format where it is noted how far a file was sent.
func (o FileFormat) name() string {
	switch {
	case o.Columns != "":
		return "csv"
	case o.Cards:
		return "iso8583"
	}
	return o.Format
}

// An opener opens a file in the format that the options say.
type opener func(io.Reader) (payments.Reader, error)

var (
	cardEncodings = map[string]card.Encoding{"": card.Auto, "auto": card.Auto, "ascii": card.ASCII, "binary": card.Binary}
	cardNames     = map[string]card.Names{"": card.Names25, "25-13-2": card.Names25, "22-13-3": card.Names22, "23-13-2-2": card.Names23}
)

func (o FileFormat) opener(c Config) (opener, error) {
	named := o.Format != "" && o.Format != "auto"
	switch {
	case named && !slices.Contains(intake.Names(), o.Format):
		return nil, fmt.Errorf("%w: format %q is not one of auto, %s", ErrUsage, o.Format, strings.Join(intake.Names(), ", "))
	case o.Columns != "" && o.Cards || named && (o.Columns != "" || o.Cards):
		return nil, fmt.Errorf("%w: want one of --format, --columns and --cards", ErrUsage)
	case o.Columns != "":
		m, err := readColumnMap(o.Columns)
		return func(r io.Reader) (payments.Reader, error) { return columns.NewReader(r, m) }, err
	case o.Cards:
		cards, err := o.cards(c)
		return func(r io.Reader) (payments.Reader, error) { return card.NewReader(r, cards) }, err
	}
	return func(r io.Reader) (payments.Reader, error) { return intake.Open(r, o.Format) }, nil
}

// openAny tells the format by the file's beginning.
func openAny(r io.Reader) (payments.Reader, error) { return intake.Open(r, "auto") }

func readColumnMap(path string) (*columns.Map, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := columns.ReadMap(text)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return m, nil
}

// cards are the options of cards; faults of the command line are told all at once.
func (o FileFormat) cards(c Config) (card.Options, error) {
	out := card.Options{Institution: o.Institution, Header: o.Header}
	var faults []error
	var known bool
	if out.Encoding, known = cardEncodings[o.Encoding]; !known {
		faults = append(faults, fmt.Errorf("--encoding: want auto, ascii or binary"))
	}
	if out.Names, known = cardNames[o.Names]; !known {
		faults = append(faults, fmt.Errorf("--names: want one of %s", strings.Join(slices.Sorted(maps.Keys(cardNames))[1:], ", ")))
	}
	if o.Header != 0 && o.Header != 2 && o.Header != 4 {
		faults = append(faults, errors.New("--header: want 2 or 4"))
	}
	if o.Institution == "" {
		faults = append(faults, errors.New("--institution: want the cards' issuer"))
	}
	var err error
	if out.AsOf, err = time.Parse(time.RFC3339, o.AsOf); err != nil || payments.CheckTime(out.AsOf) != nil {
		faults = append(faults, errors.New("--as-of: want the time at which the files were made, as in 2026-01-31T06:00:00Z"))
	}
	if len(faults) > 0 {
		return out, fmt.Errorf("%w: %w", ErrUsage, errors.Join(faults...))
	}
	tok, err := tokenizer(c.KeyFile)
	if err != nil {
		return out, err
	}
	out.Token = cardToken(tok)
	return out, nil
}

// cardToken makes tokens of the numbers of cards, the same wherever they come in.
func cardToken(tok *signal.Tokenizer) func(string) string {
	return func(number string) string { return string(tok.Subject("card number", number)) }
}
