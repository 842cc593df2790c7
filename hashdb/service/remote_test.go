package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/api/apitest"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// owner is a remote matcher that finds what it holds.
type owner struct {
	has   map[hashdb.Hash]exchange.RemoteMatch
	asked int
	err   error
	short bool
}

func (o *owner) Match(_ context.Context, hashes []hashdb.Hash) ([]exchange.RemoteMatch, error) {
	o.asked += len(hashes)
	var found []exchange.RemoteMatch
	for _, h := range hashes {
		found = append(found, o.has[h])
	}
	if o.short {
		found = found[1:]
	}
	return found, o.err
}

func remotely(body string) string { return strings.TrimSuffix(body, "}") + `,"remote":true}` }

func TestRemote(t *testing.T) {
	at := &owner{has: map[hashdb.Hash]exchange.RemoteMatch{hashOf(hashdb.KindPDQ, 9): {Found: true, Category: "A1", Exact: true}}}
	with := func(o *Options) {
		o.Remotes = []Remote{{"arachnid", []hashdb.Kind{hashdb.KindPDQ, hashdb.KindSHA1}, at}}
	}
	b := newBench(t, world(), with, nil)
	body := ask(listedMD5, hashOf(hashdb.KindPDQ, 9), listedPDQ, hashOf(hashdb.KindSHA1, 1)) // Of SHA-1 there is no list here.

	apitest.WantStatus(t, b.lookup(body), 409, "sha1")
	if at.asked != 0 {
		t.Error("asked without being wanted")
	}
	a := decode[lookupAnswer](t, b.lookup(remotely(body)))
	if got, want := fmt.Sprint(a.Results[0].Remote, a.Results[1].Remote, a.Results[2].Remote, a.Results[3].Remote),
		"[] [{arachnid true true A1}] [{arachnid false false }] [{arachnid false false }]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if at.asked != 3 || len(a.Results[2].Matches) != 1 {
		t.Errorf("asked %d, %+v", at.asked, a)
	}
	img := b.picture("?remote=true", encode(t, pictureOf(1, 50, 50)))
	if len(img.Results) != 3 || len(img.Results[0].Remote) != 1 || len(img.Results[1].Remote) != 0 || len(img.Results[2].Remote) != 1 {
		t.Errorf("%+v", img)
	}

	limited := newBench(t, world(), with, func(k *Key) { k.PerMinute = 3 })
	apitest.WantStatus(t, limited.lookup(remotely(ask(listedPDQ, listedPDQ))), 413, "4 hashes")
	apitest.WantStatus(t, newBench(t, world(), with, func(k *Key) { k.Sources = []string{"ncmec"} }).lookup(remotely(ask(listedPDQ))), 403, "remote")
	apitest.WantStatus(t, newBench(t, world(), nil, nil).lookup(remotely(ask(listedPDQ))), 403, "remote")

	// A key for the remote matcher alone sees nothing of the lists here.
	alone := newBench(t, world(), with, func(k *Key) { k.Sources = []string{"arachnid"} })
	only := decode[lookupAnswer](t, alone.lookup(remotely(ask(listedPDQ))))
	if r := only.Results[0]; len(r.Matches) != 0 || len(r.Remote) != 1 || len(only.Searched) != 0 {
		t.Errorf("%+v", only)
	}
	apitest.WantStatus(t, alone.lookup(ask(listedPDQ)), 503, "no list is there")

	for _, fail := range []func(){func() { at.err = errors.New("timeout") }, func() { at.err, at.short = nil, true }} {
		fail()
		b.reports = nil
		apitest.WantStatus(t, b.lookup(remotely(ask(listedPDQ))), 502, "arachnid did not answer")
		if len(b.reports) != 1 {
			t.Errorf("reports %v", b.reports)
		}
		if a := decode[lookupAnswer](t, b.lookup(ask(listedPDQ))); len(a.Results[0].Matches) != 1 {
			t.Errorf("without remote: %+v", a)
		}
	}
}
