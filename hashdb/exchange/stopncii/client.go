package stopncii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// Options say whom to ask and as whom. Zero fields get their defaults.
type Options struct {
	// Client says how to speak to StopNCII. Its URL is all before FetchHashes, as in
	// https://host/v1, and has no default.
	Client exchange.ClientOptions
	// Subscription is the key of all requests, and Fetch the one of FetchHashes. Both
	// are required.
	Subscription, Fetch exchange.Secret
	// Submit is the key of SubmitFeedback; without it there is no feedback.
	Submit exchange.Secret
	// PageSize is how many records to ask for at once; default 800, at most 1000.
	PageSize int
	// Report is handed what is left out: a record that cannot be read. May be nil.
	Report func(error)
}

// Source is StopNCII as seen by one participant.
type Source struct {
	o      Options
	client *exchange.Client
	batch  int // How many changes are applied together.
}

var (
	_ exchange.Source     = (*Source)(nil)
	_ exchange.Feedbacker = (*Source)(nil)
)

// New returns a source, or reports every fault of the options at once.
func New(o Options) (*Source, error) {
	var faults []error
	if o.Subscription.Reveal() == "" || o.Fetch.Reveal() == "" {
		faults = append(faults, errors.New("the keys subscription and fetch are required"))
	}
	if o.PageSize == 0 {
		o.PageSize = 800
	}
	if o.PageSize < 1 || o.PageSize > 1000 {
		faults = append(faults, fmt.Errorf("page of %d records: want 1 to 1000", o.PageSize))
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	client, err := exchange.NewClient(o.Client)
	if faults = append(faults, err); errors.Join(faults...) != nil {
		return nil, fmt.Errorf("stopncii: %w", errors.Join(faults...))
	}
	return &Source{o, client, defaultBatch}, nil
}

// Close closes idle connections.
func (s *Source) Close() { s.client.Close() }

// headers are what each of StopNCII's functions wants; it has a key for each.
func (s *Source) headers(function exchange.Secret) http.Header {
	return http.Header{
		"X-Functions-Key":           {function.Reveal()},
		"Ocp-Apim-Subscription-Key": {s.o.Subscription.Reveal()},
		"Accept":                    {"application/json"},
	}
}

type feedbacks struct {
	Count     int        `json:"count"`
	Feedbacks []feedback `json:"hashFeedbacks"`
}

type feedback struct {
	Tags  []string `json:"tags"`
	Value string   `json:"feedbackValue"`
	Hash  string   `json:"hashValue"`
}

// Feedback tells StopNCII what a reviewer found of a hash: Blocked when affirmed,
// NotBlocked when disputed. A reason becomes a tag.
func (s *Source) Feedback(ctx context.Context, f exchange.Feedback) error {
	if s.o.Submit.Reveal() == "" {
		return errors.New("stopncii: there is no key for feedback")
	}
	if f.Hash.Kind != hashdb.KindPDQ && f.Hash.Kind != hashdb.KindMD5 {
		return fmt.Errorf("stopncii: %w on %v", exchange.ErrTakesNone, f.Hash.Kind)
	}
	one := feedback{Tags: []string{}, Hash: f.Hash.String()}
	switch f.Verdict {
	case exchange.Affirmed:
		one.Value = "Blocked"
	case exchange.Disputed:
		one.Value = "NotBlocked"
	default:
		return fmt.Errorf("stopncii: verdict %.20q is not one of %s, %s", f.Verdict, exchange.Affirmed, exchange.Disputed)
	}
	if f.Reason != "" {
		one.Tags = append(one.Tags, f.Reason)
	}
	body, err := json.Marshal(feedbacks{1, []feedback{one}})
	if err != nil {
		return fmt.Errorf("stopncii: %w", err)
	}
	header := s.headers(s.o.Submit)
	header.Set("Content-Type", "application/json")
	_, err = s.client.Do(ctx, exchange.Request{
		Method:     http.MethodPost,
		Ref:        "SubmitFeedback",
		Header:     header,
		Body:       body,
		Repeatable: true, // It says what holds, not what to add.
	})
	if err != nil {
		return fmt.Errorf("stopncii: %w", err)
	}
	return nil
}
