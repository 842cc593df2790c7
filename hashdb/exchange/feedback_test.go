package exchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// shelf is lists in a slice, which counts what is taken out of it.
type shelf struct {
	entries []hashdb.Entry
	fault   error
	taken   int
}

func (s *shelf) Entries(context.Context, hashdb.ListID) iter.Seq2[hashdb.Entry, error] {
	return func(yield func(hashdb.Entry, error) bool) {
		for _, e := range s.entries {
			if s.taken++; !yield(e, nil) {
				return
			}
		}
		if s.fault != nil {
			yield(hashdb.Entry{}, s.fault)
		}
	}
}

func TestFeedbackFor(t *testing.T) {
	hash := func(first byte) hashdb.Hash {
		h := hashdb.Hash{Kind: hashdb.KindPDQ}
		h.Bits[0] = first
		return h
	}
	id := hashdb.ListID{Source: "shared", Kind: hashdb.KindPDQ}
	s := &shelf{entries: []hashdb.Entry{
		{Hash: hash(1), Ref: "1/a"}, {Hash: hash(2), Ref: "1/b"}, {Hash: hash(2), Ref: "2/a"}, {Hash: hash(3), Ref: "1/c"}, {Hash: hash(4)},
	}}
	got, err := FeedbackFor(t.Context(), s, id, hash(2).Entry(), Disputed, "a logo")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || s.taken != 4 {
		t.Fatalf("got %d, and %d entries were read", len(got), s.taken)
	}
	for i, ref := range []string{"1/b", "2/a"} {
		if want := (Feedback{Kind: hashdb.KindPDQ, Ref: ref, Hash: hash(2), Verdict: Disputed, Reason: "a logo"}); got[i] != want {
			t.Errorf("got %+v, want %+v", got[i], want)
		}
	}
	if _, err := FeedbackFor(t.Context(), s, id, hash(9).Entry(), Disputed, ""); !errors.Is(err, ErrNotListed) {
		t.Errorf("got %v", err)
	}
	s.fault = context.Canceled
	if _, err := FeedbackFor(t.Context(), s, id, hash(9).Entry(), Disputed, ""); !errors.Is(err, s.fault) || errors.Is(err, ErrNotListed) {
		t.Errorf("a list that cannot be read: got %v", err)
	}
}

func TestRefusedIsForGood(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("owner: %w", err) }
	for _, err := range []error{ErrNotListed, ErrTakesNone, &StatusError{Code: 404}, &StatusError{Code: 422}, &StatusError{Code: 400}} {
		if !Refused(wrap(err)) {
			t.Errorf("%v is to be sent again", err)
		}
	}
	for _, err := range []error{context.DeadlineExceeded, errors.New("a reason that is not on the list"), &StatusError{Code: 401}, &StatusError{Code: 403}, &StatusError{Code: 429}, &StatusError{Code: 500}, &StatusError{Code: 503}} {
		if Refused(wrap(err)) {
			t.Errorf("%v is given up", err)
		}
	}
}
