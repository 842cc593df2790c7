package app

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/delivery"
	"github.com/vigil-stream/vigil/review"
)

// delivering runs the workers of a scene, and the takers of its drops, until the test ends.
func (s *channelScene) delivering(t *testing.T, p *pump) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	startDelivery(ctx, g, s.c, forewarnedStore{s.store, nil}, p.gate, p.channels, func(string, review.Filing) {}, zap.NewNop())
	t.Cleanup(func() { cancel(); _ = g.Wait() })
}

// states are those of a scene's deliveries: "centre state", sorted.
func (s *channelScene) states(t *testing.T) (all []string) {
	t.Helper()
	list, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		all = append(all, d.Centre+" "+string(d.State))
	}
	slices.Sort(all)
	return all
}

// become waits until deliveries stand as wanted, with the drops taken.
func (s *channelScene) become(t *testing.T, what string, want ...string) {
	t.Helper()
	slices.Sort(want)
	eventually(t, 30*time.Second, what, func() (bool, string) {
		s.taken.take(t)
		got := s.states(t)
		var says []string
		list, _ := s.store.Filings(t.Context(), "", review.MaxLimit)
		for _, d := range list {
			says = append(says, fmt.Sprintf("%s %s (%s) %s", d.Centre, d.State, d.Corrects, d.Says))
		}
		return slices.Equal(got, want), strings.Join(says, "\n")
	})
}

func everyOne(state string, times int) (list []string) {
	for range times {
		for _, id := range everyChannel {
			list = append(list, id+" "+state)
		}
	}
	return list
}

// lacking is a scene with a confirmed case, of which nothing is known but what its signals say:
// the channels that need more hold it.
func lacking(t *testing.T) (*channelScene, *pump, review.Case) {
	t.Helper()
	s := newChannelScene(t)
	p := s.pump(t)
	first := made(0, 1)
	s.confirm(t, first, false)
	carried(t, p)
	s.delivering(t, p)
	s.become(t, "what lacks something is held", byTipline+" held", byWebhook+" filed", byDrop+" filed", byGoAML+" held", byFinCEN+" held")
	return s, p, first
}

// TestEveryChannel takes one case through all of them: held until what is lacking is there,
// filed, followed up, and taken back on an appeal, each once; and every later report refers
// to those before.
func TestEveryChannel(t *testing.T) {
	s, p, first := lacking(t)
	held, err := s.store.Filings(t.Context(), review.FilingHeld, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.know(t, first)
	for _, d := range held {
		if d.Attempts != 0 || d.Revision != 2 {
			t.Errorf("%s: held by attempt %d, revision %d", d.Centre, d.Attempts, d.Revision)
		}
		want := map[string]string{
			byTipline: "the platform's answer on the account",
			byGoAML:   string(first.Subject) + ".json, with 2 transactions (TX-0001, TX-0002); put it into the folder channels.ae-fiu.books",
			byFinCEN:  string(first.Subject) + ".json, with 1 transactions (US-1); put it into the folder channels.us-fincen.books",
		}[d.Centre]
		if !strings.Contains(d.Says, want) {
			t.Errorf("%s lacks %q", d.Centre, d.Says)
		}
		if err := RetryDelivery(t.Context(), s.c, RetryOptions{Alert: d.Alert, Reviewer: "anna", Reason: "the books are there", Out: io.Discard}); err != nil {
			t.Fatal(err)
		}
	}
	s.become(t, "all filed", everyOne("filed", 1)...)

	second := made(0, 2)
	s.confirm(t, second, false)
	carried(t, p)
	s.become(t, "followed up", everyOne("filed", 2)...)
	s.answer(t, second, review.Reversed, "false-match")
	carried(t, p)
	s.become(t, "taken back", everyOne("filed", 4)...)

	told := map[string][]review.Filing{}
	filed, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(filed, func(a, b review.Filing) int {
		return strings.Compare(fmt.Sprint(a.Sequence, a.Corrects), fmt.Sprint(b.Sequence, b.Corrects))
	})
	for _, d := range filed {
		told[d.Centre] = append(told[d.Centre], d)
	}
	for _, id := range everyChannel {
		list := told[id]
		if list[0].Corrects+list[1].Corrects != "" || !slices.Contains([]string{list[2].Corrects, list[3].Corrects}, list[0].Alert) || !slices.Contains([]string{list[2].Corrects, list[3].Corrects}, list[1].Alert) {
			t.Fatalf("%s: %+v", id, list)
		}
		for i, d := range list {
			text := s.got(t, d)
			without := id == byWebhook || id == byDrop // of a form; what follows shares an id of its case
			refers := ""
			switch {
			case i == 1 && !without:
				refers = list[0].Receipt
			case i > 1:
				of := list[0]
				if d.Corrects == list[1].Alert {
					of = list[1]
				}
				if refers = of.Receipt; without {
					refers = of.Alert
				}
				if !strings.Contains(text, "RETRACTION") && !strings.Contains(text, `"outcome":"retracted"`) {
					t.Errorf("%s: no retraction: %s", id, text)
				}
			}
			if !strings.Contains(text, refers) {
				t.Errorf("%s: filing %d does not refer to %s:\n%s", id, i, refers, text)
			}
			if named := strings.Contains(text, "Up-Person"); named != (i < 2 && (id == byGoAML || id == byFinCEN)) {
				t.Errorf("%s: filing %d names the customer: %v", id, i, named)
			}
		}
	}
	s.once(t)
	if n := len(s.hook.Messages()); n != 4 {
		t.Errorf("the webhook took %d", n)
	}
}

// got is what a centre has of a filing.
func (s *channelScene) got(t *testing.T, d review.Filing) string {
	t.Helper()
	switch d.Centre {
	case byTipline:
		for _, r := range s.tip.Reports() {
			if fmt.Sprint(r.ID) == d.Receipt && r.Finished {
				return string(r.XML)
			}
		}
	case byWebhook:
		for _, m := range s.hook.Messages() {
			if m.ID == d.Alert && m.Receipt == d.Receipt {
				return string(m.Body)
			}
		}
	default:
		s.taken.mu.Lock()
		defer s.taken.mu.Unlock()
		for name, data := range s.taken.files[d.Alert] {
			if !strings.HasSuffix(name, ".zip") {
				return string(data)
			}
			r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			f, err := r.Open(d.Alert + ".xml")
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	t.Errorf("%s does not have %s, filed as %s", d.Centre, d.Alert, d.Receipt)
	return ""
}

// once fails where a centre has something twice, or something that is not filed.
func (s *channelScene) once(t *testing.T) {
	t.Helper()
	filings, err := s.store.Filings(t.Context(), "", review.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	filed := map[string]bool{}
	receipts := map[string]bool{}
	reports := 0
	for _, d := range filings {
		if d.State != review.FilingFiled {
			continue
		}
		s.got(t, d)
		filed[d.Alert], receipts[d.Centre+d.Receipt] = true, true
		if d.Centre == byTipline {
			reports++
		}
	}
	finished := 0
	for _, r := range s.tip.Reports() {
		if r.Finished {
			finished++
			if !receipts[byTipline+fmt.Sprint(r.ID)] {
				t.Errorf("report %d is finished, and nobody knows", r.ID)
			}
		}
	}
	if finished != reports {
		t.Errorf("%d reports are finished for %d filings", finished, reports)
	}
	for _, m := range s.hook.Messages() {
		if m.Times != 1 || !filed[m.ID] {
			t.Errorf("message %s came %d times; filed: %v", m.ID, m.Times, filed[m.ID])
		}
	}
	for id, n := range s.taken.came {
		if n != 1 || !filed[id] {
			t.Errorf("%s was dropped %d times; filed: %v", id, n, filed[id])
		}
	}
}

// TestWhatIsHeldWhenItIsReversedIsNeverTold: nothing of a case that is reversed reaches whom
// it had not reached, and nobody is told that it is taken back.
func TestWhatIsHeldWhenItIsReversedIsNeverTold(t *testing.T) {
	s, p, first := lacking(t)
	s.answer(t, first, review.Reversed, "false-match")
	carried(t, p)
	s.know(t, first)
	withdrawn := []string{byWebhook + " filed", byWebhook + " filed", byDrop + " filed", byDrop + " filed"}
	for _, id := range []string{byTipline, byGoAML, byFinCEN} {
		withdrawn = append(withdrawn, id+" withdrawn", id+" withdrawn")
	}
	s.become(t, "withdrawn", withdrawn...)
	s.once(t)
	if len(s.tip.Reports()) != 0 {
		t.Error("a report was begun")
	}
	var out bytes.Buffer
	if err := ListDeliveries(t.Context(), s.c, DeliveriesOptions{State: "withdrawn", Out: &out}); err != nil || !strings.Contains(out.String(), "A correction overtook it before it was sent") || !strings.Contains(out.String(), "What it takes back never reached the centre.") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestWhatIsHeldWhenItIsCorrectedIsToldOnce, as it is now, where it had not been told.
func TestWhatIsHeldWhenItIsCorrectedIsToldOnce(t *testing.T) {
	s, p, first := lacking(t)
	s.know(t, first)
	s.answer(t, first, review.Corrected, "live-abuse-suspected")
	carried(t, p)
	want := []string{byWebhook + " filed", byWebhook + " filed", byDrop + " filed", byDrop + " filed"}
	for _, id := range []string{byTipline, byGoAML, byFinCEN} {
		want = append(want, id+" withdrawn", id+" filed")
	}
	s.become(t, "told as it is now", want...)
	s.once(t)
	filed, err := s.store.Filings(t.Context(), review.FilingFiled, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range filed {
		if text := s.got(t, d); d.Corrects != "" && !strings.Contains(text, "live-abuse-suspected") || strings.Contains(text, "RETRACTION") || strings.Contains(text, "CORRECTION") {
			t.Errorf("%s reads\n%s", d.Centre, text)
		}
	}
}

// TestWhatIsHeldWhenItIsDecidedAgainIsToldOnce, by the newest alert; where the newest goes
// elsewhere, the older goes its way. Where the newest is held, the older is not held beside it.
func TestWhatIsHeldWhenItIsDecidedAgainIsToldOnce(t *testing.T) {
	for newest, known := range map[string]bool{"filed": true, "held": false} {
		s := newChannelScene(t)
		p := s.pump(t)
		s.confirm(t, made(0, 1), false)
		carried(t, p)
		second := made(0, 2)
		for i := range second.Signals {
			if second.Signals[i].Session != nil {
				second.Signals[i].Session.Country = "CA" // and so no longer to the webhook
			}
		}
		s.confirm(t, second, false)
		carried(t, p)
		if known {
			s.know(t, second)
		}
		p.gate.now = func() time.Time { return time.Now().Add(2 * time.Minute) } // the second can no longer be undone
		s.delivering(t, p)
		want := []string{byWebhook + " filed", byDrop + " withdrawn", byDrop + " filed"}
		for _, id := range []string{byTipline, byGoAML, byFinCEN} {
			want = append(want, id+" withdrawn", id+" "+newest)
		}
		s.become(t, "told once", want...)
		if known {
			s.once(t)
		}
	}
}

// TestChannelsSayAllThatIsWrong at once, each with its key.
func TestChannelsSayAllThatIsWrong(t *testing.T) {
	s := newChannelScene(t)
	c := s.c
	c.Channels = map[string]ChannelConfig{
		"a": {}, "b": {Webhook: &WebhookConfig{URL: "http://centre.example", Certificate: "x"}, Drop: &DropConfig{}}, "d": {Drop: &DropConfig{}, Books: "x"},
	}
	err := c.Validate()
	for _, want := range []string{
		"channels.a: give a webhook or a drop", "channels.b: give a webhook or a drop", "channels.b.webhook.url: want https", "channels.b.webhook.secrets: name",
		"channels.b.webhook.certificate: give", "channels.b.drop.outgoing: name", "channels.d.filer: name the file of the filer",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q:\n%v", want, err)
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(open, []byte("whsec_x"), 0o644); err != nil { //nolint:gosec // what is refused
		t.Fatal(err)
	}
	c.Channels = map[string]ChannelConfig{
		byWebhook: {Webhook: &WebhookConfig{URL: "https://centre.example", Secrets: []string{open, "none"}, Token: open, Roots: open}},
		byDrop:    {Webhook: &WebhookConfig{URL: "https://centre.example", Secrets: []string{"none"}}},
		byGoAML:   {Drop: &DropConfig{Outgoing: "none"}, Filer: "../../report/fincen/testdata/filer.json"},
		byFinCEN:  {Drop: &DropConfig{Outgoing: t.TempDir()}},
		"ca":      {Drop: &DropConfig{Outgoing: t.TempDir()}},
		"nowhere": {Drop: &DropConfig{Outgoing: t.TempDir()}},
	}
	centres, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.channels(s.store, nil, centres)
	for _, want := range []string{
		"channels.ph.webhook.secrets[0]: " + open + " can be read by others", "channels.ph.webhook.secrets[1]: ", "channels.ph.webhook.token: ", "channels.ph.webhook.roots",
		"channels.de: by the directory de is reached by a drop", "channels.ae-fiu.filer: ", "channels.ae-fiu.drop: ", "channels.us-fincen.filer: name the file",
		"channels.ca: by the directory ca is reached by portal", "channels.nowhere: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q:\n%v", want, err)
		}
	}
}

// TestOurOwnTroubleIsNoRefusal: what is wrong with this process is tried again, and what is
// wrong with a file that a person put there waits for the person. Neither says that the centre
// would not take the report.
func TestOurOwnTroubleIsNoRefusal(t *testing.T) {
	s := newChannelScene(t)
	identity := filepath.Join(t.TempDir(), "reader.txt")
	s.c.Review.EvidenceIdentity = identity // is not there
	p := s.pump(t)
	c := made(0, 1)
	s.confirm(t, c, false)
	carried(t, p)
	s.know(t, c)
	d, ok, err := s.store.NextFiling(t.Context(), byTipline, time.Now().Add(time.Hour))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	a, err := report.DecodeAlert(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	var hold *delivery.Hold
	if o, err := p.channels[byTipline].Send(t.Context(), a, nil); err == nil || errors.As(err, &hold) || !strings.Contains(err.Error(), "review.evidence_identity") {
		t.Errorf("without the key of pictures: %+v, %v", o, err)
	}
	if err := os.WriteFile(filepath.Join(s.c.NCMEC.Accounts, string(c.Subject)+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if o, err := p.channels[byTipline].Send(t.Context(), a, nil); !errors.As(err, &hold) || !strings.Contains(hold.Says, string(c.Subject)+".json") {
		t.Errorf("with an account that is no JSON: %+v, %v", o, err)
	}
}
