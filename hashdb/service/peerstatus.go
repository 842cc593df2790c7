package service

import (
	"net/http"
	"slices"

	"github.com/vigil-stream/vigil/hashdb"
)

// peerIndexStatus is GET /m/index/status: by signal type, whether there is something
// to match with.
func (v *service) peerIndexStatus(c *call) error {
	values, err := c.Query()
	if err != nil {
		return err
	}
	only := hashdb.Kind(0)
	if values.Has("signal_type") {
		if only, err = signalType(values.Get("signal_type")); err != nil {
			return err
		}
	}
	type status struct {
		BuiltTo int64 `json:"built_to"` // Unix time of the newest change, -1 for none.
		Present bool  `json:"present"`
		Size    int   `json:"size"`
	}
	lists := v.visible(c.Key)
	answer := map[string]status{}
	for _, t := range signalTypes {
		if only != 0 && t.kind != only {
			continue
		}
		s := status{BuiltTo: -1, Present: listed(lists, t.kind)}
		for _, l := range lists {
			if l.Kind == t.kind && !l.Allow {
				s.Size += l.Entries
				if !l.Changed.IsZero() {
					s.BuiltTo = max(s.BuiltTo, l.Changed.Unix())
				}
			}
		}
		answer[t.name] = s
	}
	return c.JSON(http.StatusOK, answer)
}

// peerBanks is GET /c/banks: the sources that match, always wholly.
func (v *service) peerBanks(c *call) error {
	type bank struct {
		Name  string `json:"name"`
		Ratio int    `json:"matching_enabled_ratio"`
	}
	banks := []bank{}
	for _, l := range v.visible(c.Key) {
		b := bank{l.Source, 1}
		if l.State == hashdb.StateLive && !l.Allow && !slices.Contains(banks, b) {
			banks = append(banks, b)
		}
	}
	return c.JSON(http.StatusOK, banks)
}

// peerStatus is GET /status: whether look-ups can be answered.
func (v *service) peerStatus(c *call) error {
	live := slices.ContainsFunc(v.searcher.Lists(), func(l hashdb.ListInfo) bool {
		return l.State == hashdb.StateLive && canMatch(l)
	})
	if live {
		return peerLive(c)
	}
	c.Answer(http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte("INDEX-NOT-LOADED"))
	return nil
}

// peerLive is GET /status/live: whether the process answers.
func peerLive(c *call) error {
	c.Answer(http.StatusOK, "text/plain; charset=utf-8", []byte("I-AM-ALIVE"))
	return nil
}
