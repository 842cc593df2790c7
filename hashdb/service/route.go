package service

import (
	"context"
	"net/http"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

type (
	call  = api.Call[Key]
	route = api.Route[Key]
)

// table has the routes. The OpenAPI document has the same ones; a test compares.
func (v *service) table() []route {
	return []route{
		{Method: "POST", Path: "/v1/lookup", Handle: v.lookupHashes},
		{Method: "POST", Path: "/v1/lookup/image", Handle: v.lookupImage},
		{Method: "GET", Path: "/v1/lists", Handle: v.lists},
		{Method: "GET", Path: "/v1/openapi.yaml", Open: true, Handle: openAPI},
		{Method: "GET", Path: "/m/lookup", Form: peerForm, Handle: v.peerLookup},
		{Method: "POST", Path: "/m/lookup", Form: peerForm, Handle: v.peerLookupFile},
		{Method: "GET", Path: "/m/raw_lookup", Form: peerForm, Handle: v.peerRawLookup},
		{Method: "GET", Path: "/m/index/status", Form: peerForm, Handle: v.peerIndexStatus},
		{Method: "POST", Path: "/h/hash", Form: peerForm, Handle: v.peerHash},
		{Method: "GET", Path: "/c/banks", Form: peerForm, Handle: v.peerBanks},
		{Method: "GET", Path: "/status", Open: true, Form: peerForm, Handle: v.peerStatus},
		{Method: "GET", Path: "/status/live", Open: true, Form: peerForm, Handle: peerLive},
	}
}

// peerForm is the peer's form of an error.
func peerForm(p *api.Problem) any { return map[string]string{"message": p.Detail} }

// work runs do with one of the workers' hashers, when one is free in time.
func (v *service) work(c *call, do func(*pdq.Hasher) error) error {
	ctx, cancel := context.WithTimeout(c.R.Context(), v.Timeout)
	defer cancel()
	select {
	case h := <-v.workers:
		defer func() { v.workers <- h }()
		return do(h)
	case <-ctx.Done():
		return api.Problemf(http.StatusServiceUnavailable, "too much is asked at once").After(time.Second)
	}
}
