package ncmec

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// Options say whom to ask, as whom and how much at once. Zero fields get their
// defaults.
type Options struct {
	// Client says how to speak to NCMEC. Its URL is all before /v2, as in
	// https://host/hashsharing, and has no default. Its Authorize is set here.
	Client exchange.ClientOptions
	// User and Password are what NCMEC gave out. Both are required.
	User, Password exchange.Secret
	// Since is from when on to ask at first; default 1970, which means everything.
	Since time.Time
	// Window is how much time the first request covers; default one day. Windows are
	// halved where there is too much and doubled where there is little.
	Window time.Duration
	// Margin is how long before now the last window ends, so that clocks may differ and
	// NCMEC has its changes together; default one minute.
	Margin time.Duration
	// MaxRecords is how many records one window may hold before it is halved, and how
	// many are kept in memory; default 50,000.
	MaxRecords int
	// Report is handed what is left out: a record that cannot be read. May be nil.
	Report func(error)
}

const (
	// minWindow is NCMEC's own resolution.
	minWindow = time.Second
	maxWindow = 20 * 365 * 24 * time.Hour
)

// Source is NCMEC's hash sharing as seen by one member.
type Source struct {
	o      Options
	client *exchange.Client
}

var (
	_ exchange.Source     = (*Source)(nil)
	_ exchange.Feedbacker = (*Source)(nil)
)

// New returns a source, or reports every fault of the options at once.
func New(o Options) (*Source, error) {
	var faults []error
	if o.User.Reveal() == "" || o.Password.Reveal() == "" {
		faults = append(faults, errors.New("user and password are required"))
	}
	if o.Since.IsZero() {
		o.Since = time.Unix(0, 0).UTC()
	}
	if o.Window == 0 {
		o.Window = 24 * time.Hour
	}
	if o.Window < minWindow || o.Window > maxWindow {
		faults = append(faults, fmt.Errorf("window of %s: want %s to %s", o.Window, minWindow, maxWindow))
	}
	if o.Margin == 0 {
		o.Margin = time.Minute
	}
	if o.Margin < 0 || o.Margin > 24*time.Hour {
		faults = append(faults, fmt.Errorf("margin of %s: want 0 to a day", o.Margin))
	}
	if o.MaxRecords == 0 {
		o.MaxRecords = 50_000
	}
	if o.MaxRecords < 1 || o.MaxRecords > 1_000_000 {
		faults = append(faults, fmt.Errorf("%d records in a window: want 1 to 1,000,000", o.MaxRecords))
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	o.Client.Authorize = func(r *http.Request) { r.SetBasicAuth(o.User.Reveal(), o.Password.Reveal()) }
	client, err := exchange.NewClient(o.Client)
	if faults = append(faults, err); errors.Join(faults...) != nil {
		return nil, fmt.Errorf("ncmec: %w", errors.Join(faults...))
	}
	return &Source{o, client}, nil
}

// Close closes idle connections.
func (s *Source) Close() { s.client.Close() }

// Member is one who shares hashes.
type Member struct {
	ID   string `xml:"id,attr"`
	Name string `xml:",chardata"`
}

// Status asks NCMEC who we are to it; a way to try credentials.
func (s *Source) Status(ctx context.Context) (Member, error) {
	var answer struct {
		XMLName xml.Name `xml:"status"`
		Member  *Member  `xml:"member"`
	}
	if err := s.get(ctx, "v2/status", &answer); err != nil {
		return Member{}, err
	}
	if answer.Member == nil || answer.Member.ID == "" {
		return Member{}, errors.New("ncmec: the status names no member")
	}
	return *answer.Member, nil
}

// Members returns all who share hashes: what the first half of an entry's Ref means.
func (s *Source) Members(ctx context.Context) ([]Member, error) {
	var answer struct {
		XMLName xml.Name `xml:"members"`
		Members []Member `xml:"member"`
	}
	if err := s.get(ctx, "v2/members", &answer); err != nil {
		return nil, err
	}
	return answer.Members, nil
}

// get reads a short answer.
func (s *Source) get(ctx context.Context, ref string, into any) error {
	resp, err := s.client.Do(ctx, exchange.Request{Ref: ref, MaxBody: 4 << 20})
	if err != nil {
		return fmt.Errorf("ncmec: %w", err)
	}
	return decode(ref, resp.Body, into)
}

func decode(what string, body []byte, into any) error {
	err := xml.Unmarshal(body, into)
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("ncmec: the answer to %s: not XML at line %d", what, syntax.Line)
	case err != nil: // Its text repeats the answer's.
		return fmt.Errorf("ncmec: the answer to %s is not of the published form", what)
	}
	return nil
}
