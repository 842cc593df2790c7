package app

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

var (
	subjectForm = regexp.MustCompile(`^sub_[0-9a-f]{32}$`)
	groupForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9 ._-]{0,59}$`)
)

// labels reads which subjects belong to which group of people: CSV whose first row
// names its columns, subject and group, or account, issuer and group, where an
// account becomes a token by the deployment's key.
func (b *backtester) labels(tok *signal.Tokenizer) (err error) {
	f, err := os.Open(b.o.Labels)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := csv.NewReader(f)
	r.Comment, r.TrimLeadingSpace = '#', true
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: want CSV whose first row is subject,group or account,issuer,group", b.o.Labels)
	}
	for i := range head {
		head[i] = strings.TrimPrefix(head[i], "\xef\xbb\xbf")
	}
	column := func(name string) int { return slices.Index(head, name) }
	subject, account, issuer, group := column("subject"), column("account"), column("issuer"), column("group")
	if group < 0 || (subject < 0) == (account < 0) {
		return fmt.Errorf("%s:1: want the columns subject,group or account,issuer,group", b.o.Labels)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.o.Labels, err)
		}
		line, _ := r.FieldPos(0)
		if !groupForm.MatchString(row[group]) {
			return fmt.Errorf("%s:%d: group: want lower-case letters, digits, blanks and . _ -", b.o.Labels, line)
		}
		switch {
		case subject >= 0 && !subjectForm.MatchString(row[subject]):
			return fmt.Errorf("%s:%d: subject: want a token, sub_ and 32 hex digits", b.o.Labels, line)
		case subject >= 0:
			b.to.Label(signal.Subject(row[subject]), row[group])
		case strings.TrimSpace(row[account]) == "":
			return fmt.Errorf("%s:%d: account: is empty", b.o.Labels, line)
		default:
			by := ""
			if issuer >= 0 {
				by = row[issuer]
			}
			b.to.Label(tok.Subject(by, row[account]), row[group])
		}
	}
}
