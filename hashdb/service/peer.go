package service

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
)

// The paths of the open-source peer, Hasher-Matcher-Actioner 1.x of
// facebook/ThreatExchange (blueprints/matching.py, hashing.py and curation.py), with
// its parameters and its answers' shapes. doc.go tells the differences.

// signalTypes are the peer's names of kinds.
var signalTypes = [...]struct {
	name, content string
	kind          hashdb.Kind
}{
	{"pdq", "photo", hashdb.KindPDQ},
	{"video_md5", "video", hashdb.KindMD5},
	{"video_sha256", "video", hashdb.KindSHA256},
}

// peerMatch is one match: the content's number and, as text, the distance.
type peerMatch struct {
	ID       int64  `json:"bank_content_id"`
	Distance string `json:"distance"`
}

// contentID makes a number of an entry: the first 13 of its 16 hexadecimal digits, for
// 52 bits are what every reader of JSON keeps exactly.
func contentID(entry string) int64 {
	id, _ := strconv.ParseInt(entry[:min(13, len(entry))], 16, 64)
	return id
}

// peerDistance is the distance as the peer writes it, "-" where a kind has none.
func peerDistance(m hashdb.Match) string {
	if m.Kind.Exact() {
		return "-"
	}
	return strconv.Itoa(m.Distance)
}

// signalType returns the kind of a signal type.
func signalType(name string) (hashdb.Kind, error) {
	for _, t := range signalTypes {
		if t.name == name {
			return t.kind, nil
		}
	}
	return 0, api.Problemf(http.StatusBadRequest, "No such SignalType; want pdq, video_md5 or video_sha256")
}

// peerLookup is GET /m/lookup: matches by bank. Parameters that the peer does not know it
// ignores, and so do we.
func (v *service) peerLookup(c *call) error {
	matches, err := v.peerSearch(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, byBank(matches))
}

// peerRawLookup is GET /m/raw_lookup: numbers, or matches when distances are wanted.
func (v *service) peerRawLookup(c *call) error {
	values, err := c.Query()
	if err != nil {
		return err
	}
	withDistance, err := peerTruth(values, "include_distance")
	if err != nil {
		return err
	}
	matches, err := v.peerSearch(c)
	if err != nil {
		return err
	}
	answer := struct {
		Matches []any `json:"matches"`
	}{[]any{}}
	for _, m := range matches {
		if withDistance {
			answer.Matches = append(answer.Matches, peerMatch{contentID(m.Entry), peerDistance(m)})
		} else {
			answer.Matches = append(answer.Matches, contentID(m.Entry))
		}
	}
	return c.JSON(http.StatusOK, answer)
}

// peerTruth reads a boolean in the forms that the peer's reader of queries takes.
func peerTruth(values url.Values, name string) (bool, error) {
	switch strings.ToLower(values.Get(name)) {
	case "", "0", "off", "f", "false", "n", "no":
		return false, nil
	case "1", "on", "t", "true", "y", "yes":
		return true, nil
	}
	return false, api.Problemf(http.StatusBadRequest, "%s: want true or false", name)
}

// peerSearch looks up the signal that the query names.
func (v *service) peerSearch(c *call) ([]hashdb.Match, error) {
	values, err := c.Query()
	if err != nil {
		return nil, err
	}
	if values.Get("url") != "" {
		return nil, api.Problemf(http.StatusForbidden, "url: the service fetches nothing; send the file with POST, or its hash")
	}
	if values.Get("signal") == "" || values.Get("signal_type") == "" {
		return nil, api.Problemf(http.StatusBadRequest, "both signal and signal_type are required")
	}
	kind, err := signalType(values.Get("signal_type"))
	if err != nil {
		return nil, err
	}
	hash, err := hashdb.ParseHash(kind, strings.TrimSpace(values.Get("signal")))
	if err != nil {
		return nil, api.Problemf(http.StatusBadRequest, "invalid signal: %v", err)
	}
	lists := v.visible(c.Key)
	if !listed(lists, kind) {
		return nil, notReady(kind)
	}
	banks, err := banksOf(values, lists)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(1); err != nil {
		return nil, err
	}
	found, err := v.search(c, wanted{hashes: []hashdb.Hash{hash}, radius: hashdb.OwnRadius})
	if err != nil {
		return nil, err
	}
	return v.inBanks(found[0], banks), nil
}

func notReady(kind hashdb.Kind) error {
	return api.Problemf(http.StatusServiceUnavailable, "index not yet ready: no list of %v is there for this key", kind)
}

// banksOf returns the banks to which an answer is restricted, nil for all. A bank that
// is not there is refused: its empty answer would pass for "no match".
func banksOf(values url.Values, lists []hashdb.ListInfo) ([]string, error) {
	if values.Get("banks") == "" {
		return nil, nil
	}
	banks := strings.Split(values.Get("banks"), ",")
	for i, b := range banks {
		if !slices.ContainsFunc(lists, func(l hashdb.ListInfo) bool { return l.Source == b }) {
			return nil, api.Problemf(http.StatusForbidden, "banks: name %d is not that of a bank that the key may use; GET /c/banks tells them", i+1)
		}
	}
	return banks, nil
}

// inBanks returns the matches with entries of some banks, nearest first. Banks restrict
// what is shown and not what is searched, so that allow-lists still count.
func (v *service) inBanks(a hashdb.Answer, banks []string) []hashdb.Match {
	var matches []hashdb.Match
	for _, m := range a.Matches {
		if (banks == nil || slices.Contains(banks, m.List)) && len(matches) < v.MaxMatches {
			matches = append(matches, m)
		}
	}
	return matches
}

func byBank(matches []hashdb.Match) map[string][]peerMatch {
	banks := map[string][]peerMatch{}
	for _, m := range matches {
		banks[m.List] = append(banks[m.List], peerMatch{contentID(m.Entry), peerDistance(m)})
	}
	return banks
}
