package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/seal"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/signal"
)

// naming is an alert whose statement names records of some digests.
func naming(what string, digests ...string) (a report.Alert) {
	for _, d := range digests {
		a.Statement.Evidence = append(a.Statement.Evidence, review.Evidence{Evidence: signal.Evidence{What: what, SHA256: d}})
	}
	return a
}

func TestOnlyFramesThatTheStatementNamesGoAlong(t *testing.T) {
	one, two := stripes(t, 1), stripes(t, 2)
	large, larger := bytes.Repeat([]byte("a"), seal.MaxAttached-1), bytes.Repeat([]byte("b"), seal.MaxAttached)
	pictures := map[string][]byte{
		digestOf(one): one, digestOf(two): two, digestOf(large): large, digestOf(larger): larger,
		strings.Repeat("0", 64): []byte("something else"),
	}
	sums := func(a report.Alert) (sums []string) {
		for _, one := range attached(a, pictures) {
			sums = append(sums, one.SHA256)
		}
		return sums
	}
	for name, tt := range map[string]struct {
		a    report.Alert
		want []string
	}{
		"in the statement's order": {naming("frame", digestOf(two), digestOf(one), digestOf(two)), []string{digestOf(two), digestOf(one)}},
		"no frame":                 {naming("session", digestOf(one)), nil},
		"not at hand":              {naming("frame", strings.Repeat("1", 64)), nil},
		"not what it says":         {naming("frame", strings.Repeat("0", 64)), nil},
		"as much as fits":          {naming("frame", digestOf(one), digestOf(large), digestOf(two)), []string{digestOf(one), digestOf(two)}},
		"the largest":              {naming("frame", digestOf(larger), digestOf(one)), []string{digestOf(larger)}},
		"without a digest":         {naming("frame", ""), nil},
	} {
		if got := sums(tt.a); strings.Join(got, " ") != strings.Join(tt.want, " ") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAnAlertWaitsForNoPicture, and the pictures of a decision are opened once for all centres
// that get them.
func TestAnAlertWaitsForNoPicture(t *testing.T) {
	s := newChannelScene(t)
	p := s.pump(t)
	p.attach = map[string]string{byWebhook: attachFrames, byDrop: attachFrames}
	opens := 0
	p.open = func(context.Context, review.Case) (map[string][]byte, error) {
		opens++
		return nil, errors.New("broken")
	}
	s.confirm(t, made(0, 1), false)
	carried(t, p)
	var m dto.Metric
	if err := p.unopened.Write(&m); err != nil {
		t.Fatal(err)
	}
	list, err := s.store.QueuedAlerts(t.Context(), review.FilingFiled, review.MaxLimit)
	if err != nil || len(list) != len(everyChannel) || opens != 1 || m.GetCounter().GetValue() != 1 {
		t.Errorf("%d alerts are in queues, %v; opened %d times, and %v failures are counted", len(list), err, opens, m.GetCounter().GetValue())
	}
	s.confirm(t, made(1, 1), false)
	if carried(t, p); opens != 2 {
		t.Errorf("the pictures of another decision: opened %d times", opens)
	}
}

func TestAttachmentsAreCheckedAndWrittenOut(t *testing.T) {
	s := newSentAlert(t)
	data, err := report.Encode(s.alert)
	if err != nil {
		t.Fatal(err)
	}
	out, err := (&pump{sealer: s.sealer}).toCentre(s.alert.Centre, s.alert.ID, s.alert.ID, report.PayloadAlert, data,
		[]seal.Attachment{seal.Attach(typeJPEG, stripes(t, 1))})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	var printed bytes.Buffer
	in := &reading{o: InboxOptions{Attachments: dir, Out: &printed}, centre: s.centre(), key: s.sealer.key, identities: s.keys}
	if _, err := in.take(stream.Message{Event: out.Event}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !in.failed || !errors.Is(err, os.ErrNotExist) || !strings.Contains(printed.String(), "was not opened: attachments: ") {
		t.Errorf("a picture that the case does not know is written out, %v\n%s", err, printed.String())
	}

	one := seal.Attach(typeJPEG, stripes(t, 1))
	for range 2 { // the second time it is there already
		if err := writeAttached(dir, []seal.Attachment{one, seal.Attach("../../x", []byte("other"))}); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[0], ".bin") && !strings.HasSuffix(files[1], ".bin") {
		t.Errorf("%v, %v", files, err)
	}
	name := filepath.Join(dir, one.SHA256+".jpg")
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, one.Data) {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeAttached(dir, []seal.Attachment{one}); err == nil || !strings.Contains(err.Error(), "is something else") {
		t.Errorf("what is there is replaced: %v", err)
	}
}
