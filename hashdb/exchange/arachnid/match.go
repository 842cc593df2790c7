package arachnid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// DefaultURL is where the service is.
const DefaultURL = "https://shield.projectarachnid.com/"

const (
	// defaultBatch is how many hashes are sent at once. The service publishes no limit;
	// this many make a request of 5 KB.
	defaultBatch = 100
	maxBatch     = 1000
	// perHash is how long an answer may be for each hash, in bytes: twenty times what
	// one takes with the details of a near match.
	perHash = 8 << 10
)

// Options say whom to ask and as whom.
type Options struct {
	// Client says how to speak to the service; its URL is DefaultURL when empty. Its
	// Authorize is set here.
	Client exchange.ClientOptions
	// User and Password are what the service gave out. Both are required.
	User, Password exchange.Secret
	// Batch is how many hashes are sent at once, 1 to 1000; default 100.
	Batch int
}

// Matcher asks the service. It is safe for concurrent use.
type Matcher struct {
	client *exchange.Client
	batch  int
}

var _ exchange.RemoteMatcher = (*Matcher)(nil)

// New returns a matcher, or reports every fault of the options at once.
func New(o Options) (*Matcher, error) {
	var faults []error
	if o.User.Reveal() == "" || o.Password.Reveal() == "" {
		faults = append(faults, errors.New("user and password are required"))
	}
	if o.Batch == 0 {
		o.Batch = defaultBatch
	}
	if o.Batch < 1 || o.Batch > maxBatch {
		faults = append(faults, fmt.Errorf("batch of %d hashes: want 1 to %d", o.Batch, maxBatch))
	}
	if o.Client.URL == "" {
		o.Client.URL = DefaultURL
	}
	o.Client.Authorize = func(r *http.Request) { r.SetBasicAuth(o.User.Reveal(), o.Password.Reveal()) }
	// A look-up answers at once or not at all.
	if o.Client.Total == 0 {
		o.Client.Total = time.Minute
	}
	client, err := exchange.NewClient(o.Client)
	if faults = append(faults, err); errors.Join(faults...) != nil {
		return nil, fmt.Errorf("arachnid: %w", errors.Join(faults...))
	}
	return &Matcher{client, o.Batch}, nil
}

// Match returns what the service knows of each hash, in their order. The hashes must
// be PDQ. Categories are the service's classifications: csam,
// harmful-abusive-material, or one that it adds later. An error leaves all of them
// unanswered; it names none of the hashes.
func (m *Matcher) Match(ctx context.Context, hashes []hashdb.Hash) ([]exchange.RemoteMatch, error) {
	for i, h := range hashes {
		if h.Kind != hashdb.KindPDQ {
			return nil, fmt.Errorf("arachnid: hash %d of %d is of kind %v, want pdq", i+1, len(hashes), h.Kind)
		}
	}
	matches := make([]exchange.RemoteMatch, 0, len(hashes))
	for len(matches) < len(hashes) {
		next := hashes[len(matches):]
		answered, err := m.ask(ctx, next[:min(m.batch, len(next))])
		if err != nil {
			return nil, fmt.Errorf("arachnid: hashes from %d of %d on: %w", len(matches)+1, len(hashes), err)
		}
		matches = append(matches, answered...)
	}
	return matches, nil
}

// ask asks about one batch.
func (m *Matcher) ask(ctx context.Context, hashes []hashdb.Hash) ([]exchange.RemoteMatch, error) {
	asked := make([]string, len(hashes))
	for i, h := range hashes {
		asked[i] = base64.StdEncoding.EncodeToString(h.Bits[:])
	}
	body, err := json.Marshal(map[string][]string{"hashes": asked})
	if err != nil {
		return nil, err
	}
	resp, err := m.client.Do(ctx, exchange.Request{
		Method:     http.MethodPost,
		Ref:        "v1/pdq/",
		Header:     http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		Body:       body,
		Repeatable: true, // It changes nothing there.
		MaxBody:    int64(len(hashes)+1) * perHash,
	})
	if err != nil {
		return nil, err
	}
	return decode(resp.Body, asked)
}
