package app

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	"github.com/vigil-stream/vigil/review"
)

// TestAnAlertReachesTheCyberTiplineOnce goes from a decided case to a report that is finished,
// over HTTP: held until the platform says who the account is, then filed, though the first
// finish breaks off; and every step is in the outbox for the audit log.
func TestAnAlertReachesTheCyberTiplineOnce(t *testing.T) {
	c, id, told := aToldCase(t)
	server, err := standin.New("demo", "secret", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	broke := false
	server.Fail(func(r *http.Request) standin.Fault {
		if strings.HasSuffix(r.URL.Path, "/finish") && !broke {
			broke = true
			return standin.Fault{Vanish: true}
		}
		return standin.Fault{}
	})
	front := httptest.NewServer(server)
	defer front.Close()
	c.NCMEC.URL, c.NCMEC.Accounts = front.URL+"/ispws", t.TempDir()
	c.NCMEC.Reporter.Email = "desk@demo.example"
	c.NCMEC.Credentials = filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(c.NCMEC.Credentials, []byte("demo:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Delivery = map[string]DeliveryConfig{"us": {Gap: 10 * time.Millisecond, First: 20 * time.Millisecond, Rest: 20 * time.Millisecond}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}

	store, err := c.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	centres, err := c.directory()
	if err != nil {
		t.Fatal(err)
	}
	channels, err := c.channels(store, nil, centres)
	if err != nil || len(channels) != 1 || channels["us"] == nil {
		t.Fatal(channels, err)
	}
	var alerts []report.Alert
	for _, alert := range told {
		a, _, _, err := c.alertOf(t.Context(), store, alert, review.Reviewer("r1"))
		if err != nil {
			t.Fatal(err)
		}
		alerts = append(alerts, a)
	}
	for range 2 { // as an outbox that repeats a row
		_, list, err := orders(alerts, centres, channels)
		if err != nil || len(list) != 1 || list[0].Alert != told["us"] {
			t.Fatal(list, err)
		}
		if err := store.OrderFilings(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	changed, err := deliveryChanges(prometheus.NewRegistry(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	startDelivery(ctx, g, c, forewarnedStore{store, nil}, testGate(t, &c, store), channels, changed, zap.NewNop())
	state := func(want review.FilingState) func() (bool, string) {
		return func() (bool, string) {
			d, err := store.Filing(t.Context(), told["us"])
			return err == nil && d.State == want, d.Says
		}
	}
	eventually(t, 10*time.Second, "a report that is held", state(review.FilingHeld))
	if len(server.Reports()) != 0 {
		t.Error("a report without an account was begun")
	}
	accountFile(t, c.NCMEC.Accounts, reportedAccount)
	var out bytes.Buffer
	again := RetryOptions{Alert: told["us"], Reviewer: "r1", Reason: "the account is here", Out: &out}
	if err := RetryDelivery(t.Context(), c, again); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "a report that is filed", state(review.FilingFiled))
	cancel()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}

	finished := 0
	for _, r := range server.Reports() {
		if r.Finished {
			finished++
			if len(r.Files) != 1 || !strings.Contains(string(r.Files[0].Info), "Supplemental Reported") || !bytes.Contains(r.Files[0].Data, []byte(told["us"])) {
				t.Errorf("%d files", len(r.Files))
			}
		}
	}
	if finished != 1 || !broke {
		t.Errorf("%d reports finished", finished)
	}
	if _, err := c.newTipline(store, nil); err != nil {
		t.Error(err)
	}
	rows, err := store.Outbox(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var refs strings.Builder
	for _, row := range rows {
		if row.Entry != nil && row.Entry.Kind == "delivery" {
			refs.WriteString(strings.Join(row.Entry.Refs, " ") + "\n")
		}
	}
	for _, want := range []string{"asked/submit outcome/ok request/standin-", "asked/upload", "asked/finish outcome/unknown", "asked/finish outcome/finished request/standin-", "state/held", "state/unknown", "state/filed receipt/"} {
		if !strings.Contains(refs.String(), want) {
			t.Errorf("the audit log is not told of %q:\n%s", want, refs.String())
		}
	}

	out.Reset()
	if err := ListDeliveries(t.Context(), c, DeliveriesOptions{Out: &out}); err != nil || !strings.Contains(out.String(), told["us"]+"  us      channel  filed") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := RetryDelivery(t.Context(), c, again); err == nil {
		t.Error("what is filed was tried again")
	}
	again.Reason = " "
	if err := RetryDelivery(t.Context(), c, again); !errors.Is(err, ErrUsage) {
		t.Errorf("without a reason: %v", err)
	}
	// Every step is kept for the page of it, each request with its id.
	shown, steps, err := store.ShownFiling(t.Context(), told["us"], false, supervisor("sue"))
	if err != nil || shown.State != review.FilingFiled {
		t.Errorf("%+v, %v", shown, err)
	}
	var story []string
	for _, st := range steps {
		if st.Asked != "" && st.Outcome != "unknown" && st.Request == "" {
			t.Errorf("asked %s, %s, without a request's id", st.Asked, st.Outcome)
		}
		story = append(story, strings.Trim(string(st.State)+" "+st.Asked+" "+st.Person, " "))
	}
	said := strings.Join(story, ", ")
	for _, want := range []string{"queued, held, queued  r1, ", "submit, ", "unknown, ", "finish, filed"} {
		if !strings.Contains(said, want) {
			t.Errorf("the steps are %s, without %q", said, want)
		}
	}
	// A follow-up refers to it.
	prior, err := prior(t.Context(), store, report.Alert{ID: "another", Statement: review.Statement{Case: id, Sequence: 2}, Centre: report.Centre{ID: "us"}})
	if err != nil || len(prior) != 1 || prior[0] <= 0 {
		t.Errorf("%v, %v", prior, err)
	}
}
