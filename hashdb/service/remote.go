package service

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
)

// takes reports whether some remote matcher is asked about the kind for the holder.
func (v *service) takes(h *Key, kind hashdb.Kind) bool {
	return slices.ContainsFunc(v.Remotes, func(r Remote) bool { return h.may(r.Name) && slices.Contains(r.Kinds, kind) })
}

// price is how many hashes a request counts for: one for each place that is asked.
func (v *service) price(h *Key, want wanted) int {
	n := len(want.hashes)
	if !want.remote {
		return n
	}
	for _, r := range v.Remotes {
		if h.may(r.Name) {
			n += len(forRemote(r, want.hashes))
		}
	}
	return n
}

// forRemote returns the positions of the hashes that a remote matcher takes.
func forRemote(r Remote, hashes []hashdb.Hash) []int {
	var at []int
	for i, h := range hashes {
		if slices.Contains(r.Kinds, h.Kind) {
			at = append(at, i)
		}
	}
	return at
}

// askRemotes asks the remote matchers when that is wanted, and returns what they say
// of each hash. It answers for all of them or fails: a matcher that does not answer
// must not look like one that found nothing.
func (v *service) askRemotes(c *call, want wanted) ([][]remoteMatch, error) {
	answers := make([][]remoteMatch, len(want.hashes))
	if !want.remote {
		return answers, nil
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), v.Timeout)
	defer cancel()
	for _, r := range v.Remotes {
		at := forRemote(r, want.hashes)
		if len(at) == 0 || !c.Key.may(r.Name) {
			continue
		}
		hashes := make([]hashdb.Hash, len(at))
		for i, j := range at {
			hashes[i] = want.hashes[j]
		}
		found, err := r.Matcher.Match(ctx, hashes)
		if err == nil && len(found) != len(hashes) {
			err = fmt.Errorf("%d answers to %d hashes", len(found), len(hashes))
		}
		if err != nil {
			v.Report(fmt.Errorf("remote matcher %s: %w", r.Name, err))
			return nil, api.Problemf(http.StatusBadGateway, "remote matcher %s did not answer; without remote the lists here are looked up alone", r.Name).After(5 * time.Second)
		}
		for i, j := range at {
			answers[j] = append(answers[j], remoteMatch{r.Name, found[i].Found, found[i].Exact, found[i].Category})
		}
	}
	return answers, nil
}
