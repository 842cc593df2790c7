package app

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	reportwebhook "github.com/vigil-stream/vigil/report/webhook"
	hook "github.com/vigil-stream/vigil/report/webhook/standin"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/webhook"
)

// offline are the scene's own channels with the network taken out, for a test with a clock of
// its own. They send what a decision says that does not stand any more as well: the test has
// what comes of appeals wait until some of it is sent.
func (s *channelScene) offline(t *testing.T) map[string]delivery.Channel {
	t.Helper()
	centres, err := s.c.directory()
	if err != nil {
		t.Fatal(err)
	}
	channels, err := s.c.channels(s.store, nil, centres)
	if err != nil {
		t.Fatal(err)
	}
	for id, c := range channels {
		channels[id] = c.(standing).Channel
	}
	client, err := s.c.NCMEC.client(s.tip)
	if err != nil {
		t.Fatal(err)
	}
	channels[byTipline] = &tipline{conf: s.c, store: s.store, filer: &ncmec.Filer{Client: client, Journal: filingJournal{s.store, nil}, Now: time.Now}}
	set := s.c.Channels[byWebhook].Webhook
	secret, err := webhook.ReadSecret(set.Secrets[0])
	if err != nil {
		t.Fatal(err)
	}
	if channels[byWebhook], err = reportwebhook.New(reportwebhook.Endpoint{URL: set.URL, StatusURL: set.StatusURL, Secrets: []webhook.Secret{secret}, Transport: s.hook}); err != nil {
		t.Fatal(err)
	}
	return channels
}

// trouble is an hour in which a tenth of the requests are taken and then hang until they time
// out, and as many again fail with 500, 503 and 429.
type trouble struct {
	chance *rand.Rand
	until  time.Time
	counts map[string]int
}

func (k *trouble) fault() (status int, vanish bool) {
	if time.Now().After(k.until) {
		return 0, false
	}
	switch n := k.chance.IntN(100); {
	case n < 10:
		k.counts["vanish"]++
		time.Sleep(30 * time.Second)
		return 0, true
	case n < 14:
		status = http.StatusInternalServerError
	case n < 17:
		status = http.StatusServiceUnavailable
	case n < 20:
		status = http.StatusTooManyRequests
	default:
		return 0, false
	}
	k.counts[fmt.Sprint(status)]++
	return status, false
}

// TestAnHourOfTroubleOnEveryChannel takes decisions through the outbox to all channels, on the
// deployment's own store and clients: nothing is lost and nothing told twice though a tenth of
// the requests hang after they were taken, the backlog is drained, what is dangerous goes
// first, and what is taken back in the middle of it is either corrected or was never sent.
func TestAnHourOfTroubleOnEveryChannel(t *testing.T) {
	if raced {
		t.Skip("an hour on a database takes minutes under the race detector; report/delivery has its workers under it")
	}
	const cases, reversed = 40, 12
	s := newChannelScene(t)
	s.c.Delivery = nil // as a deployment has it that sets nothing
	p := s.pump(t)
	danger := map[string]bool{} // by case
	var of []review.Case
	for i := range cases {
		c := made(i, 1)
		danger[c.ID] = i%5 == 4
		s.know(t, c)
		s.confirm(t, c, danger[c.ID])
		of = append(of, c)
	}
	carried(t, p)
	for i := range reversed {
		s.answer(t, of[3*i], review.Reversed, "false-match")
	}
	carried(t, p)
	ordered, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	corrections := slices.DeleteFunc(slices.Clone(ordered), func(d review.Filing) bool { return d.Corrects == "" })
	if len(ordered) != 5*(cases+reversed) || len(corrections) != 5*reversed {
		t.Fatalf("%d deliveries are ordered, %d of them corrections", len(ordered), len(corrections))
	}
	if _, err := s.db.Exec(`DELETE FROM filings WHERE corrects <> ''`); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	here := time.Now()

	faults := map[string]*trouble{}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(here))
		start := time.Now()
		if s.store, err = s.c.openStore(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.store.Close() }()
		for i, id := range []string{byTipline, byWebhook} {
			faults[id] = &trouble{chance: rand.New(rand.NewPCG(1, uint64(i))), until: start.Add(time.Hour), counts: map[string]int{}}
		}
		s.tip.Fail(func(*http.Request) standin.Fault {
			status, vanish := faults[byTipline].fault()
			return standin.Fault{Status: status, Vanish: vanish}
		})
		s.hook.Fail(func(*http.Request) hook.Fault {
			status, vanish := faults[byWebhook].fault()
			return hook.Fault{Status: status, Vanish: vanish}
		})
		ctx, cancel := context.WithCancel(t.Context())
		g, ctx := errgroup.WithContext(ctx)
		startDelivery(ctx, g, s.c, forewarnedStore{s.store, nil}, testGate(t, &s.c, s.store), s.offline(t), func(string, review.Filing) {}, zap.NewNop())
		for minute := range 6 * 60 {
			time.Sleep(time.Minute)
			if minute%5 == 0 {
				s.taken.take(t)
				if minute > 60 && s.over(t) {
					break
				}
			}
			if minute == 1 { // the appeals are answered in the middle of it
				if err := s.store.OrderFilings(t.Context(), corrections); err != nil {
					t.Error(err)
				}
			}
		}
		cancel()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		s.settled(t, corrections)
		s.once(t)
	})
	for id, k := range faults {
		for _, kind := range []string{"vanish", "500", "503", "429"} {
			if k.counts[kind] == 0 {
				t.Errorf("%s never failed with %s", id, kind)
			}
		}
		t.Logf("%s: %v", id, k.counts)
	}
	s.urgentFirst(t, danger, ordered)
}

// over reports whether all deliveries are.
func (s *channelScene) over(t *testing.T) bool {
	t.Helper()
	list, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(list, func(d review.Filing) bool {
		return d.State != review.FilingFiled && d.State != review.FilingWithdrawn
	})
}

// settled wants all deliveries over: filed, or, of what was taken back, both the alert and its
// correction filed or both withdrawn, and some of either.
func (s *channelScene) settled(t *testing.T, corrections []review.Filing) {
	t.Helper()
	states := map[string]review.FilingState{}
	list, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		states[d.Alert] = d.State
		if d.State != review.FilingFiled && d.State != review.FilingWithdrawn {
			t.Errorf("%s %s (corrects %q) is %s: %s", d.Centre, d.Alert, d.Corrects, d.State, d.Says)
		}
	}
	both := map[review.FilingState]int{}
	taken := map[string]bool{}
	for _, c := range corrections {
		taken[c.Corrects], taken[c.Alert] = true, true
		if states[c.Alert] != states[c.Corrects] {
			t.Errorf("%s: alert %s is %s, its correction %s", c.Centre, c.Corrects, states[c.Corrects], states[c.Alert])
		}
		both[states[c.Alert]]++
	}
	for id, state := range states {
		if !taken[id] && state != review.FilingFiled {
			t.Errorf("alert %s, which nobody took back, is %s", id, state)
		}
	}
	if both[review.FilingFiled] == 0 || both[review.FilingWithdrawn] == 0 {
		t.Errorf("of what was taken back: %v", both)
	}
	t.Logf("of what was taken back: %v", both)
}

// urgentFirst wants what was confirmed in danger to have come far before the rest.
func (s *channelScene) urgentFirst(t *testing.T, danger map[string]bool, ordered []review.Filing) {
	t.Helper()
	caseOf := map[string]string{}
	for _, d := range ordered {
		if d.Corrects == "" {
			caseOf[d.Alert] = d.Case
		}
	}
	places := func(name string, came []string) {
		var urgent []int
		place := 0
		for _, id := range came {
			if caseOf[id] == "" {
				continue
			}
			if place++; danger[caseOf[id]] {
				urgent = append(urgent, place)
			}
		}
		if len(urgent) == 0 || urgent[len(urgent)/2] > place/3 {
			t.Errorf("%s: those in danger are on places %v of %d", name, urgent, place)
		}
	}
	var came []string
	for _, m := range s.hook.Messages() {
		came = append(came, m.ID)
	}
	places(byWebhook, came)
	came = nil
	for _, r := range s.tip.Reports() {
		if r.Finished {
			for id := range caseOf {
				if slices.ContainsFunc(r.Files, func(f standin.File) bool { return bytes.Contains(f.Data, []byte(`"id":"`+id+`"`)) }) {
					came = append(came, id)
				}
			}
		}
	}
	places(byTipline, came)
}
