//go:build chromium

package console

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/mod/sumdb/note"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/audit/verify"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/bundle"
	"github.com/vigil-stream/vigil/signal"
)

// A keeper has an audit log beside the store, and makes bundles of both.
type keeper struct {
	t        *testing.T
	store    *review.Store
	dir      string
	log      *audit.Log
	signer   note.Signer
	verifier string
}

func newKeeper(t *testing.T, s *review.Store) *keeper {
	t.Helper()
	k := &keeper{t: t, store: s, dir: t.TempDir()}
	secret, verifier, err := audit.NewKey("example/log")
	if err == nil {
		k.verifier = verifier
		k.signer, err = note.NewSigner(secret)
	}
	if err == nil {
		k.log, err = audit.Open(t.Context(), k.dir, secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.log.Close(context.Background()) })
	return k
}

// pump carries the outbox into the log.
func (k *keeper) pump() {
	k.t.Helper()
	var last uint64
	for {
		rows, err := k.store.Outbox(k.t.Context(), 1000)
		if err != nil {
			k.t.Fatal(err)
		}
		if len(rows) == 0 {
			if _, err := k.log.Prove(k.t.Context(), last); err != nil { // waits for a checkpoint over it
				k.t.Fatal(err)
			}
			return
		}
		for _, row := range rows {
			result := signal.ID("alert", strconv.FormatInt(row.Seq, 10))
			if row.Entry != nil {
				index, err := k.log.Append(k.t.Context(), *row.Entry)
				if err != nil {
					k.t.Fatal(err)
				}
				last, result = index, strconv.FormatUint(index, 10)
			}
			if err := k.store.Done(k.t.Context(), row.Seq, result); err != nil {
				k.t.Fatal(err)
			}
		}
	}
}

// bundle is what the console gives out.
func (k *keeper) bundle(ctx context.Context, id string, who review.Person) (io.ReadSeeker, func() error, error) {
	d, err := k.store.Dossier(ctx, id, who)
	if err != nil {
		return nil, nil, err
	}
	c := bundle.Contents{Case: d.Case, Record: d.Record, Earlier: d.Earlier, Decisions: d.Statements, LogKey: k.verifier, Salt: d.Salt, By: who.ID, Tool: "vigil test", At: start}
	var about []uint64
	_, err = audit.Read(ctx, k.dir, k.verifier, func(index uint64, e audit.Entry) {
		for _, ref := range e.Refs {
			if ref == id {
				about = append(about, index)
				return
			}
		}
	})
	for _, index := range about {
		var p verify.Proof
		if err == nil {
			p, err = k.log.Prove(ctx, index)
		}
		c.Proofs = append(c.Proofs, p)
	}
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	manifest, err := bundle.Write(&b, c, k.signer.Sign)
	if err == nil {
		err = k.store.Exported(ctx, id, who, manifest)
	}
	return bytes.NewReader(b.Bytes()), func() error { return nil }, err
}

// downloads lets the browser keep what it is given in a folder.
func (s *stage) downloads() (dir string) {
	s.t.Helper()
	dir = s.t.TempDir()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		named := true
		_, err := chromedp.Call(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: &named})
		return err
	}))
	return dir
}

// came waits for a file that the browser has whole, and takes it.
func (s *stage) came(dir string) []byte {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(dir, "case-*.zip"))
		if err != nil || len(files) == 0 {
			continue
		}
		data, err := os.ReadFile(files[0])
		if err == nil {
			err = os.Remove(files[0])
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return data
	}
	s.t.Fatal("no file came")
	return nil
}

// TestACaseIsTakenOutInABrowser: a supervisor and an auditor press the button by keyboard, and
// the file that the browser keeps verifies under the log's key.
func TestACaseIsTakenOutInABrowser(t *testing.T) {
	var k *keeper
	s := newStageOf(t, func(t testing.TB, store *review.Store, now func() time.Time) *httptest.Server {
		k = newKeeper(t.(*testing.T), store)
		h, err := New(Options{Store: store, Now: now, Code: testCode, Bundle: k.bundle, Fault: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server
	})
	s.decide(0)
	s.clock.back(-2 * time.Minute)
	k.pump()
	dir, page := s.downloads(), s.base+"/case/"+s.first.ID
	const button = `form[action$="/bundle"] button`
	for _, role := range []string{"supervisor", "auditor"} {
		s.as("x-"+role, role)
		s.do(chromedp.Navigate(page), chromedp.WaitVisible(button))
		for _, scheme := range []string{"light", "dark"} {
			s.theme(scheme)
			s.axe("decided case of the " + role + " " + scheme)
		}
		s.theme("light")
		s.do(chromedp.Focus(button))
		if role == "supervisor" {
			s.shot("take-out", false)
			s.do(chromedp.Focus(button))
		}
		s.do(chromedp.KeyEvent(kb.Enter))
		data := s.came(dir)
		r, err := bundle.Verify(bytes.NewReader(data), int64(len(data)), bundle.Options{Key: k.verifier})
		if err != nil || r.Case != s.first.ID || r.By != "x-"+role || r.Decisions != 1 || !r.Pinned || r.Entries < 3 {
			t.Errorf("%s took out %+v, %v", role, r, err)
		}
		changed := bytes.Replace(data, []byte(`"verdict":"confirm"`), []byte(`"verdict":"dismiss"`), 1)
		if _, err := bundle.Verify(bytes.NewReader(changed), int64(len(changed)), bundle.Options{Key: k.verifier}); err == nil || bytes.Equal(changed, data) {
			t.Errorf("a changed file verifies: %v", err)
		}
		if at := s.path(); at != "/case/"+s.first.ID {
			t.Errorf("after it at %s", at)
		}
	}
	// Each leaving is in the log, and so in the next bundle.
	k.pump()
	left := 0
	if _, err := audit.Read(t.Context(), k.dir, k.verifier, func(_ uint64, e audit.Entry) {
		if e.Kind == audit.KindExport && strings.HasPrefix(e.Refs[1], "reviewer/x-") {
			left++
		}
	}); err != nil || left != 2 {
		t.Errorf("%d exports are in the log, %v", left, err)
	}
	s.as("anna", "reviewer")
	s.do(chromedp.Navigate(page), chromedp.WaitVisible("#past"))
	if ask(s, chromedp.Evaluate[bool](`document.querySelector('form[action$="/bundle"]') !== null`)) {
		t.Error("a reviewer has the button")
	}
}

// TestALegalHoldInABrowser: a supervisor holds a case and lifts that, by keyboard.
func TestALegalHoldInABrowser(t *testing.T) {
	s := newStage(t)
	s.decide(0)
	s.as("sue", "supervisor")
	s.do(chromedp.Navigate(s.base+"/case/"+s.first.ID), chromedp.WaitVisible("#hold-reason"), chromedp.Focus("#hold-reason"), chromedp.KeyEvent("Letter 12/26 of the court"+kb.Enter), chromedp.WaitVisible(`form[action$="/lift"]`))
	for _, scheme := range []string{"light", "dark"} {
		s.theme(scheme)
		s.axe("held case " + scheme)
	}
	s.theme("light")
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#hold').scrollIntoView({block: 'center'})`))
	s.shot("hold", false)
	s.do(chromedp.Focus("#hold-reason"), chromedp.KeyEvent("The court is done"+kb.Enter), chromedp.WaitVisible(`form[action$="/hold"]`))
	if text := ask(s, chromedp.Text("section:has(#hold)")); !strings.Contains(text, "Letter 12/26") || !strings.Contains(text, "The court is done") || !strings.Contains(text, "sue") {
		t.Errorf("the page says %q", text)
	}
	s.as("otto", "auditor")
	s.do(chromedp.Navigate(s.base+"/case/"+s.first.ID), chromedp.WaitVisible("#hold"))
	if ask(s, chromedp.Evaluate[bool](`document.querySelector('#hold-reason') !== null`)) {
		t.Error("an auditor may hold")
	}
}
