package formats

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

type linesWriter struct {
	out  *bufio.Writer
	list hashdb.ListInfo
	last hashdb.Hash
}

func (l *linesWriter) begin() error {
	_, err := fmt.Fprintf(l.out, "# %.100q: %v, version %.40q\n", l.list.Source, l.list.Kind, l.list.Version)
	return err
}

func (l *linesWriter) entry(e *hashdb.Entry) error {
	if e.Status != hashdb.Listed || e.Hash == l.last {
		return nil
	}
	l.last = e.Hash
	_, err := l.out.WriteString(e.Hash.String() + "\n")
	return err
}

func (l *linesWriter) end() error { return nil }

type csvWriter struct {
	csv   *csv.Writer
	cells [7]string
}

func (c *csvWriter) begin() error {
	return c.csv.Write([]string{"kind", "hash", "id", "time", "parties", "tags", "status"})
}

var escapeTag = strings.NewReplacer(`\`, `\\`, `|`, `\|`, `;`, `\;`)

func (c *csvWriter) entry(e *hashdb.Entry) error {
	c.cells = [7]string{e.Hash.Kind.String(), e.Hash.String(), e.Ref, "", "", "", statusNames[e.Status]}
	if !e.Time.IsZero() {
		c.cells[3] = e.Time.UTC().Format(time.RFC3339)
	}
	if e.Parties > 0 {
		c.cells[4] = strconv.Itoa(e.Parties)
	}
	words := make([]string, len(e.Tags))
	for i, t := range e.Tags {
		words[i] = escapeTag.Replace(t)
	}
	c.cells[5] = strings.Join(words, "|")
	return c.csv.Write(c.cells[:])
}

func (c *csvWriter) end() error {
	c.csv.Flush()
	return c.csv.Error()
}

var statusNames = [...]string{hashdb.Listed: "listed", hashdb.Disputed: "disputed", hashdb.Retracted: "retracted"}
