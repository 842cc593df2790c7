package account

import (
	"fmt"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review/action"
	"github.com/vigil-stream/vigil/signal"
)

// What a platform may be asked for.
const (
	Identifiers = "identifiers" // the account's own id, names, addresses
	Addresses   = "addresses"   // IP addresses with their times
	Activity    = "activity"    // when it was last active, and whether it goes on
)

// recent is how old the newest of what a platform told may be for it to need no word on
// whether things go on, as the gate of reports has it.
const recent = 14 * 24 * time.Hour

// A Request asks one platform about one account: the body of a webhook, byte for byte.
type Request struct {
	ID       string         `json:"id"`
	Platform string         `json:"platform"`
	Subject  signal.Subject `json:"subject"` // the token that stands for the account
	// Streams are the platform's own references of what it is about, at most action.MaxStreams.
	Streams []string  `json:"streams"`
	Wants   []string  `json:"wants"`
	At      time.Time `json:"at"` // UTC
}

// Ask makes the request of what a platform told; ok is false where it told of nothing that
// is a reason, and is asked nothing: the question would tell it that somebody else did. The
// same case, platform and wants make the same request.
func Ask(caseID string, v action.View, decided time.Time) (r Request, ok bool) {
	if len(v.Grounds) == 0 {
		return Request{}, false
	}
	wants := []string{Addresses, Identifiers}
	if decided.Sub(v.Last) > recent {
		wants = []string{Activity, Addresses, Identifiers}
	}
	streams := append([]string{}, v.Streams...)
	return Request{
		ID: signal.ID("account", caseID, v.Platform, strings.Join(wants, " ")), Platform: v.Platform, Subject: v.Subject,
		Streams: streams, Wants: wants, At: decided.UTC(),
	}, true
}

// EncodeRequest returns a request's JSON, the same bytes for the same request.
func EncodeRequest(r Request) ([]byte, error) { return encode(r) }

// DecodeRequest reads a request; what does not fit the schema is a Rejection.
func DecodeRequest(data []byte) (r Request, err error) {
	if err := requestSchema.Decode(data, &r); err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	return r, nil
}

// An Answer is a platform's: the account, or why it knows none.
type Answer struct {
	RequestID string   `json:"request_id"`
	Account   *Account `json:"account,omitempty"`
	// Unknown is no-such-account, erased or not-kept.
	Unknown string `json:"unknown,omitempty"`
}

// DecodeAnswer reads an answer; what does not fit the schema is a Rejection.
func DecodeAnswer(data []byte) (a Answer, err error) {
	if err := answerSchema.Decode(data, &a); err != nil {
		return Answer{}, fmt.Errorf("answer: %w", err)
	}
	return a, nil
}
