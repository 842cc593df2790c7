package service

import (
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/hashdb"
)

// The answers' shapes. openapi.yaml describes them, and the tests hold every answer
// against it.

type lookupAnswer struct {
	Results  []result       `json:"results"`
	Searched []searchedList `json:"searched"`
}

type result struct {
	Kind    string        `json:"kind"`
	Matches []match       `json:"matches"`
	Allowed []match       `json:"allowed"`
	Vetoed  []match       `json:"vetoed"`
	Shadow  *[]match      `json:"shadow,omitempty"` // Nil when the key may not see it.
	LeftOut int           `json:"left_out,omitempty"`
	Remote  []remoteMatch `json:"remote,omitempty"`
}

type match struct {
	List         string     `json:"list"`
	Kind         string     `json:"kind"`
	Version      string     `json:"version"`
	State        string     `json:"state"`
	Owner        string     `json:"owner,omitempty"`
	Category     string     `json:"category,omitempty"`
	Severity     string     `json:"severity,omitempty"`
	Jurisdiction string     `json:"jurisdiction,omitempty"`
	Entry        string     `json:"entry"`
	Hash         string     `json:"hash,omitempty"`
	Distance     int        `json:"distance"`
	Radius       int        `json:"radius"`
	Refs         []string   `json:"refs"`
	Tags         []string   `json:"tags"`
	Parties      int        `json:"parties"`
	Disputed     bool       `json:"disputed"`
	Time         *time.Time `json:"time,omitempty"`
}

type remoteMatch struct {
	Remote   string `json:"remote"`
	Found    bool   `json:"found"`
	Exact    bool   `json:"exact"`
	Category string `json:"category,omitempty"`
}

type searchedList struct {
	List    string `json:"list"`
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Allow   bool   `json:"allow"`
	Version string `json:"version"`
}

type listInfo struct {
	searchedList
	Owner        string     `json:"owner,omitempty"`
	Category     string     `json:"category,omitempty"`
	Severity     string     `json:"severity,omitempty"`
	Jurisdiction string     `json:"jurisdiction,omitempty"`
	Terms        string     `json:"terms,omitempty"`
	Radius       int        `json:"radius"`
	Entries      int        `json:"entries"`
	Disputed     int        `json:"disputed"`
	Changed      *time.Time `json:"changed,omitempty"`
}

// result shows an answer as the holder may see it.
func (v *service) result(h *Key, kind hashdb.Kind, a hashdb.Answer) result {
	r := result{Kind: kind.String()}
	r.Matches = v.matches(h, a.Matches, &r.LeftOut)
	r.Allowed = v.matches(h, a.Allowed, &r.LeftOut)
	r.Vetoed = v.matches(h, a.Vetoed, &r.LeftOut)
	if h.MaySeeShadow {
		shadow := v.matches(h, a.Shadow, &r.LeftOut)
		r.Shadow = &shadow
	}
	return r
}

// matches shows the nearest MaxMatches of found and counts the others.
func (v *service) matches(h *Key, found []hashdb.Match, leftOut *int) []match {
	n := min(len(found), v.MaxMatches)
	*leftOut += len(found) - n
	shown := make([]match, 0, n)
	for _, m := range found[:n] {
		s := match{
			List: m.List, Kind: m.Kind.String(), Version: m.Version, State: string(m.State),
			Owner: m.Owner, Category: m.Category, Severity: m.Severity, Jurisdiction: m.Jurisdiction,
			Entry: m.Entry, Distance: m.Distance, Radius: m.Radius,
			Refs: orEmpty(m.Refs), Tags: orEmpty(m.Tags), Parties: m.Parties, Disputed: m.Disputed, Time: orNil(m.Time),
		}
		if h.MaySeeHash {
			s.Hash = m.Hash.String()
		}
		shown = append(shown, s)
	}
	return shown
}

// searched tells which lists were looked up, so that an empty answer says of what. The
// versions are those when the look-up began; it saw these or newer ones.
func searched(lists []hashdb.ListInfo, want wanted) []searchedList {
	kinds := kindsOf(want.hashes)
	shown := make([]searchedList, 0, len(lists))
	for _, l := range lists {
		for _, k := range kinds {
			if l.Kind == k {
				shown = append(shown, showList(l))
			}
		}
	}
	return shown
}

func showList(l hashdb.ListInfo) searchedList {
	return searchedList{List: l.Source, Kind: l.Kind.String(), State: string(l.State), Allow: l.Allow, Version: l.Version}
}

// lists is GET /v1/lists.
func (v *service) lists(c *call) error {
	if _, err := c.Parameters(); err != nil {
		return err
	}
	lists := v.visible(c.Key)
	answer := struct {
		Lists []listInfo `json:"lists"`
		// The key's own limits, so that its holder need not ask for them.
		Key keyInfo `json:"key"`
	}{make([]listInfo, 0, len(lists)), showKey(c.Key, lists)}
	for _, l := range lists {
		answer.Lists = append(answer.Lists, listInfo{
			searchedList: showList(l), Owner: l.Owner, Category: l.Category, Severity: l.Severity, Jurisdiction: l.Jurisdiction,
			Terms: l.Terms, Radius: l.Radius, Entries: l.Entries, Disputed: l.Disputed, Changed: orNil(l.Changed),
		})
	}
	return c.JSON(http.StatusOK, answer)
}

type keyInfo struct {
	Name         string         `json:"name"`
	PerMinute    int            `json:"per_minute"`
	PerDay       int            `json:"per_day"`
	MaySeeHash   bool           `json:"may_see_hash"`
	MaySeeShadow bool           `json:"may_see_shadow"`
	MaxRadius    map[string]int `json:"max_radius"`
}

func showKey(h *Key, lists []hashdb.ListInfo) keyInfo {
	k := keyInfo{h.Name, h.PerMinute, h.PerDay, h.MaySeeHash, h.MaySeeShadow, map[string]int{}}
	for _, kind := range hashdb.Kinds() {
		if radius, bounded := maxRadius(h, lists, kind); bounded && listed(lists, kind) {
			k.MaxRadius[kind.String()] = radius
		}
	}
	return k
}

func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
