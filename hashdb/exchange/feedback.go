package exchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/vigil-stream/vigil/hashdb"
)

// Entries are what lists hold; a *hashdb.DB.
type Entries interface {
	// Entries returns the entries of a list ordered by hash, an error last.
	Entries(ctx context.Context, id hashdb.ListID) iter.Seq2[hashdb.Entry, error]
}

// ErrNotListed is returned for an entry that its list does not have, as when the owner
// has taken it off since it matched.
var ErrNotListed = errors.New("the list has no such entry")

// ErrTakesNone is wrapped by the error of an owner that takes no feedback at all, or none on
// this kind of hash.
var ErrTakesNone = errors.New("takes no feedback")

// Refused reports whether feedback failed for good, so that it is of no use to send it again:
// the owner's host understood it and will not have it. What credentials, a configuration or
// time can mend is not refused.
func Refused(err error) bool {
	if errors.Is(err, ErrNotListed) || errors.Is(err, ErrTakesNone) {
		return true
	}
	var answer *StatusError
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.Code {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// FeedbackFor returns what to tell a list's owner of an entry that is known by its name,
// as in hashdb.Match.Entry: a Feedback for each of the owner's ids under which the list
// has the hash. It goes through the list, which takes about a second for a million
// entries. Videos have no name in their owner's terms, so that there is none for them.
func FeedbackFor(ctx context.Context, from Entries, id hashdb.ListID, entry string, v Verdict, reason string) ([]Feedback, error) {
	var all []Feedback
	for e, err := range from.Entries(ctx, id) {
		if err != nil {
			return nil, fmt.Errorf("feedback on entry %.64q: %w", entry, err)
		}
		if e.Hash.Entry() == entry {
			all = append(all, Feedback{Kind: id.Kind, Ref: e.Ref, Hash: e.Hash, Verdict: v, Reason: reason})
		} else if len(all) > 0 {
			break // equal hashes lie side by side
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("feedback on entry %.64q of %v: %w", entry, id, ErrNotListed)
	}
	return all, nil
}
