package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
	"github.com/vigil-stream/vigil/review"
)

// TestAHeldReportIsFiledFromItsPage runs the real program: a report is held, a supervisor sees
// on its page what it lacks, the platform answers, and a retry from the page files it once,
// with every request of the service on the page.
func TestAHeldReportIsFiledFromItsPage(t *testing.T) {
	bin := ownProgram(t)
	broker, err := stream.StartEmbedded(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = broker.Close() }()
	server, err := standin.New("demo", "secret", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(server)
	defer front.Close()
	c, _ := deployed(t, false)
	c.Review.Listen = freeAddr(t)
	c.NCMEC.URL, c.NCMEC.Accounts = front.URL+"/ispws", t.TempDir()
	c.NCMEC.Reporter.Email = "desk@demo.example"
	c.NCMEC.Credentials = filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(c.NCMEC.Credentials, []byte("demo:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := writeConfig(t, c, broker.Addr())
	vigil(t, bin, "topics", "create", "--config", config)
	confirmed(t, c, 1)
	w := startWorker(t, bin, filepath.Join(t.TempDir(), "run.log"), "run", "--config", config, "--rooms", "review,report")
	s := &several{t: t, c: c}
	s.ready(&desk{worker: w, c: c})
	sue := (&session{t: t, c: c, code: s.code}).visitor("sue")
	sue.signsIn(review.RoleSupervisor)
	held := func() (bool, string) {
		sue.reads("/filings")
		return strings.Contains(sue.page, `class="fstate held"`), sue.main() + tail(w.log.Name())
	}
	eventually(t, time.Minute, "a report that is held", held)
	alert := sue.finds(`href="/filing/([0-9a-f]{32})"`)
	sue.opens("/filing/" + alert)
	sue.sees("Held", "account", "Try it again now")
	if !strings.Contains(sue.page, `Filings <span class="n">1<`) {
		t.Errorf("the menu does not say that something needs a person:\n%.2000s", sue.page)
	}
	accountFile(t, c.NCMEC.Accounts, reportedAccount)
	sue.page = sue.posts("/filing/"+alert+"/retry", url.Values{"reason": {"the platform has answered"}}, http.StatusOK)
	sue.sees("had it tried again", "the platform has answered")
	eventually(t, time.Minute, "a report that is filed", func() (bool, string) {
		sue.reads("/filing/" + alert)
		return strings.Contains(sue.page, "The centre has it."), sue.main() + tail(w.log.Name())
	})
	sue.sees("asked: submit", "asked: finish", "standin-", "There is nothing to try")
	eventually(t, time.Minute, "every step in the audit log", func() (bool, string) {
		sue.reads("/filing/" + alert)
		return !strings.Contains(sue.page, "on its way"), sue.main()
	})
	sue.sees("entry ")
	if strings.Contains(sue.page, `Filings <span class="n">`) {
		t.Error("something still needs a person")
	}
	finished := 0
	for _, r := range server.Reports() {
		if r.Finished {
			finished++
		}
	}
	if finished != 1 {
		t.Errorf("%d reports are filed", finished)
	}
	w.stop()
	if said := vigil(t, bin, "report", "deliveries", "--config", config); !strings.Contains(said, alert+"  us      channel  filed") {
		t.Error(said)
	}
	if said := vigil(t, bin, "audit", "verify", "--config", config); !strings.Contains(said, "verifies") {
		t.Error(said)
	}
}
