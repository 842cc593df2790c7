package service

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// lookupHashes is POST /v1/lookup.
func (v *service) lookupHashes(c *call) error {
	if _, err := c.Parameters(); err != nil {
		return err
	}
	body, err := c.ReadBody(v.MaxBody, "application/json")
	if err != nil {
		return err
	}
	want, err := parseLookup(body, v.MaxHashes)
	if err != nil {
		return err
	}
	lists := v.visible(c.Key)
	if err := v.answerable(c.Key, lists, want); err != nil {
		return err
	}
	if err := c.Charge(v.price(c.Key, want)); err != nil {
		return err
	}
	found, err := v.search(c, want)
	if err != nil {
		return err
	}
	remote, err := v.askRemotes(c, want)
	if err != nil {
		return err
	}
	answer := lookupAnswer{Results: make([]result, len(want.hashes)), Searched: searched(lists, want)}
	for i, h := range want.hashes {
		answer.Results[i] = v.result(c.Key, h.Kind, found[i])
		answer.Results[i].Remote = remote[i]
	}
	return c.JSON(http.StatusOK, answer)
}

// visible returns the lists that a key's holder is answered from and told of.
func (v *service) visible(h *Key) []hashdb.ListInfo {
	all := v.searcher.Lists()
	lists := make([]hashdb.ListInfo, 0, len(all))
	for _, l := range all {
		if !h.may(l.Source) || l.State == hashdb.StateRetired || l.State != hashdb.StateLive && !h.MaySeeShadow {
			continue
		}
		lists = append(lists, l)
	}
	return lists
}

// canMatch reports whether a list can: not an allow-list, nor one without entries, as
// before its first import.
func canMatch(l hashdb.ListInfo) bool { return !l.Allow && l.Entries > 0 }

// listed reports whether some list of the kind can match.
func listed(lists []hashdb.ListInfo, kind hashdb.Kind) bool {
	return slices.ContainsFunc(lists, func(l hashdb.ListInfo) bool { return l.Kind == kind && canMatch(l) })
}

// answerable refuses what could only come out empty, and would pass for "no match",
// and a radius that is too wide for the holder.
func (v *service) answerable(h *Key, lists []hashdb.ListInfo, want wanted) error {
	if want.remote && !slices.ContainsFunc(v.Remotes, func(r Remote) bool { return h.may(r.Name) }) {
		return api.Problemf(http.StatusForbidden, "remote: there is no remote matcher that the key may use")
	}
	anywhere := slices.ContainsFunc(lists, canMatch)
	var unlisted []string
	for _, kind := range kindsOf(want.hashes) {
		if !listed(lists, kind) && (!want.remote || !v.takes(h, kind)) {
			unlisted = append(unlisted, kind.String())
		}
	}
	if len(unlisted) > 0 {
		if !anywhere {
			return api.Problemf(http.StatusServiceUnavailable, "no list is there for this key, so that nothing could be looked up")
		}
		return api.Problemf(http.StatusConflict, "no list of %s is there for this key, so that an answer would be none; GET /v1/lists tells the kinds", strings.Join(unlisted, ", "))
	}
	if want.radius == hashdb.OwnRadius {
		return nil
	}
	for _, kind := range kindsOf(want.hashes) {
		if widest, bounded := maxRadius(h, lists, kind); bounded && want.radius > widest {
			return api.Problemf(http.StatusForbidden, "radius: for %v the key allows at most %d bits", kind, widest)
		}
	}
	return nil
}

// maxRadius is the widest radius that a holder may ask for, and false for a kind that
// has none.
func maxRadius(h *Key, lists []hashdb.ListInfo, kind hashdb.Kind) (int, bool) {
	if kind.Exact() {
		return 0, false
	}
	widest := kind.MaxRadius()
	for _, l := range lists {
		if l.Kind == kind && !l.Allow {
			widest = min(widest, l.Radius)
		}
	}
	if r, given := h.MaxRadius[kind.String()]; given {
		widest = r
	}
	return widest, true
}

func kindsOf(hashes []hashdb.Hash) []hashdb.Kind {
	var kinds []hashdb.Kind
	for _, h := range hashes {
		if !slices.Contains(kinds, h.Kind) {
			kinds = append(kinds, h.Kind)
		}
	}
	return kinds
}

// search looks up what is wanted as one worker.
func (v *service) search(c *call, want wanted) (answers []hashdb.Answer, err error) {
	err = v.work(c, func(*pdq.Hasher) error {
		answers, err = v.searchAll(c.Key, want)
		return err
	})
	return answers, err
}

// searchAll looks up hashes of any kinds. A radius goes to those that have one.
func (v *service) searchAll(h *Key, want wanted) ([]hashdb.Answer, error) {
	sources, some := v.sourcesOf(h)
	if !some {
		return make([]hashdb.Answer, len(want.hashes)), nil
	}
	own := hashdb.Query{Radius: hashdb.OwnRadius, Sources: sources}
	if want.radius == hashdb.OwnRadius {
		return v.searchSome(own, want.hashes)
	}
	var near, equal []hashdb.Hash
	for _, hash := range want.hashes {
		if hash.Kind.Exact() {
			equal = append(equal, hash)
		} else {
			near = append(near, hash)
		}
	}
	nearFound, err := v.searchSome(hashdb.Query{Radius: want.radius, Sources: sources}, near)
	if err != nil {
		return nil, err
	}
	equalFound, err := v.searchSome(own, equal)
	if err != nil {
		return nil, err
	}
	answers := make([]hashdb.Answer, 0, len(want.hashes))
	for _, hash := range want.hashes {
		from := &nearFound
		if hash.Kind.Exact() {
			from = &equalFound
		}
		answers = append(answers, (*from)[0])
		*from = (*from)[1:]
	}
	return answers, nil
}

// sourcesOf returns those of the holder's sources that have lists, since a Searcher may
// refuse others: remote matchers, and lists that are yet to come. Without any it returns
// false, for no sources would mean all.
func (v *service) sourcesOf(h *Key) (sources []string, some bool) {
	if len(h.Sources) == 0 {
		return nil, true
	}
	for _, l := range v.searcher.Lists() {
		if h.may(l.Source) && !slices.Contains(sources, l.Source) {
			sources = append(sources, l.Source)
		}
	}
	return sources, len(sources) > 0
}

func (v *service) searchSome(q hashdb.Query, hashes []hashdb.Hash) ([]hashdb.Answer, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	answers, err := v.searcher.Search(q, hashes...)
	if err != nil {
		return nil, fmt.Errorf("look up %d hashes: %w", len(hashes), err)
	}
	if len(answers) != len(hashes) {
		return nil, fmt.Errorf("look up %d hashes: %d answers", len(hashes), len(answers))
	}
	return answers, nil
}
