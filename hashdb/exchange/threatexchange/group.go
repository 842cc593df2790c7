package threatexchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/delta"
)

// DefaultURL is the Graph API with the version that was read for this package.
const DefaultURL = "https://graph.facebook.com/v25.0/"

// Options say which group to follow and as whom.
type Options struct {
	// Client says how to speak to the Graph API; its URL holds the version and is
	// DefaultURL when empty. Its Authorize is set here.
	Client exchange.ClientOptions
	// Group is the privacy group's id, decimal digits. Required.
	Group string
	// Token is the access token: for an app its id, a bar and a secret. Required.
	Token exchange.Secret
	// Types are ThreatExchange's types of indicators to ask for; default HASH_PDQ and
	// HASH_MD5.
	Types []string
	// PageSize is how many updates to ask for at once, 1 to 1000; default 500.
	PageSize int
	// Known yields the entries that the store now holds of this source. It is read only
	// when everything had to be fetched anew. Without it that ends with ErrStale.
	Known func(context.Context) iter.Seq2[hashdb.Entry, error]
	// MaxLoss is the greatest share of what is known, above 0 to 1, that may be
	// retracted because it did not come again when everything was fetched anew; default
	// 0.5. Beyond it nothing is retracted and the sync ends with ErrShrunk.
	MaxLoss float64
	// Bad is told of each record that could not be read; it is then passed over. Without
	// it the sync ends at the first.
	Bad func(error)
}

// Group follows a privacy group. Its Sync must not run twice at once.
type Group struct {
	o      Options
	client *exchange.Client
	app    string // The id of the app that asks, empty when the token does not hold it.
	now    func() time.Time
	size   int // How many changes fill a batch.
}

var (
	_ exchange.Source     = (*Group)(nil)
	_ exchange.Feedbacker = (*Group)(nil)
)

var (
	idForm   = regexp.MustCompile(`^[0-9]{1,20}$`)
	typeForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
)

// New returns a group, or reports every fault of the options at once.
func New(o Options) (*Group, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !idForm.MatchString(o.Group) {
		fault("group %.30q: want the privacy group's id, up to 20 digits", o.Group)
	}
	if o.Token.Reveal() == "" {
		fault("token is required")
	}
	if len(o.Types) == 0 {
		o.Types = []string{"HASH_PDQ", "HASH_MD5"}
	}
	for _, t := range o.Types {
		if !typeForm.MatchString(t) {
			fault("type %.70q: want a name like HASH_PDQ", t)
		}
	}
	if o.PageSize == 0 {
		o.PageSize = 500
	}
	if o.PageSize < 1 || o.PageSize > 1000 {
		fault("page size %d: want 1 to 1000", o.PageSize)
	}
	if o.MaxLoss == 0 {
		o.MaxLoss = 0.5
	}
	if !(o.MaxLoss > 0 && o.MaxLoss <= 1) {
		fault("greatest loss %g: want a share above 0, to 1", o.MaxLoss)
	}
	if o.Client.URL == "" {
		o.Client.URL = DefaultURL
	}
	o.Client.Authorize = func(r *http.Request) {
		q := r.URL.Query()
		q.Set("access_token", o.Token.Reveal())
		r.URL.RawQuery = q.Encode()
	}
	client, err := exchange.NewClient(o.Client)
	if faults = append(faults, err); errors.Join(faults...) != nil {
		return nil, fmt.Errorf("threatexchange: %w", errors.Join(faults...))
	}
	app, _, _ := strings.Cut(strings.ReplaceAll(o.Token.Reveal(), "%7C", "|"), "|")
	if !idForm.MatchString(app) {
		app = ""
	}
	return &Group{o, client, app, o.Client.Now, delta.Size}, nil
}

// updatesPath is the path of the group's updates, under the client's URL.
func (g *Group) updatesPath() string { return g.o.Group + "/threat_updates/" }

// first returns the address of the first page of updates at or after the given time in
// seconds; 0 asks for all.
func (g *Group) first(from int64) string {
	q := url.Values{
		"types":  {strings.Join(g.o.Types, ",")},
		"fields": {"id,indicator,type,last_updated,should_delete,descriptors{id,owner{id},status,tags}"},
		"limit":  {fmt.Sprint(g.o.PageSize)},
	}
	if from > 0 {
		q.Set("start_time", fmt.Sprint(from))
	}
	return g.updatesPath() + "?" + q.Encode()
}

// following returns the address of the page that an answer names as the next. Only its
// query is believed, without the token that it repeats.
func (g *Group) following(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil {
		return "", errors.New("the address of the next page cannot be read")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(next) > 16<<10 {
		return "", errors.New("the address of the next page has no query that can be read")
	}
	base, err := url.Parse(g.o.Client.URL)
	if err != nil {
		return "", err
	}
	if u.Host != "" && (!strings.EqualFold(u.Host, base.Host) || u.Scheme != base.Scheme) {
		return "", fmt.Errorf("the next page is said to be at %.20s://%.100s, away from %s://%s", u.Scheme, u.Host, base.Scheme, base.Host)
	}
	if !strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/"+g.o.Group+"/threat_updates") {
		return "", errors.New("the next page is said to be no page of this group's updates")
	}
	q.Del("access_token")
	return g.updatesPath() + "?" + q.Encode(), nil
}
