package arachnid

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// noKnownMatch is the classification of what is not listed.
const noKnownMatch = "no-known-match"

// The owner may add classifications, so any word of this form is taken over.
var classForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// answer is what is read of an answer; what else it says, such as digests of what is
// listed, is left where it is.
type answer struct {
	// ScannedHashes has a member for each hash asked about, null when nothing is known.
	ScannedHashes map[string]*struct {
		Classification string `json:"classification"`
		MatchType      string `json:"match_type"` // exact, near, or null.
	} `json:"scanned_hashes"`
}

// decode returns what an answer says of each of the hashes asked about, in their
// order. A hash that the answer leaves out is an error: silence is not "not known".
// Errors do not repeat the answer.
func decode(body []byte, asked []string) ([]exchange.RemoteMatch, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, explain(err, len(body))
	}
	if a.ScannedHashes == nil {
		return nil, errors.New("the answer has no scanned_hashes")
	}
	matches := make([]exchange.RemoteMatch, len(asked))
	for i, hash := range asked {
		s, ok := a.ScannedHashes[hash]
		switch {
		case !ok:
			return nil, fmt.Errorf("the answer leaves out hash %d of %d", i+1, len(asked))
		case s == nil || s.Classification == noKnownMatch:
		case s.Classification == "" && s.MatchType == "":
		case !classForm.MatchString(s.Classification):
			return nil, fmt.Errorf("the answer's classification of hash %d of %d is not a word", i+1, len(asked))
		default:
			matches[i] = exchange.RemoteMatch{Found: true, Category: s.Classification, Exact: s.MatchType == "exact"}
		}
	}
	return matches, nil
}

// explain says what is wrong with an answer of n bytes, without its text.
func explain(err error, n int) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Offset >= int64(n):
		return fmt.Errorf("the answer of %d bytes: %w", n, hashdb.ErrTruncated)
	case syntax != nil:
		return fmt.Errorf("the answer is not JSON at byte %d of %d", syntax.Offset, n)
	case errors.As(err, &kind):
		return fmt.Errorf("the answer is not of the published form at byte %d of %d", kind.Offset, n)
	}
	return errors.New("the answer is not JSON")
}
