package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/action"
)

// TestASessionOfTwoReviewersAnAppealAndAnAuditor is a case's whole way through the real
// program, as people and partners meet it: on pages, over HTTP and by commands, from a world
// that is rendered and made up to a bundle that verifies.
func TestASessionOfTwoReviewersAnAppealAndAnAuditor(t *testing.T) {
	s := newSession(t)
	anna, ben, carl, olga := s.visitor("anna"), s.visitor("ben"), s.visitor("carl"), s.visitor("olga")
	var suspend, lift action.Record
	var appeal struct{ ID, State string }
	const objection = "It was a drawing lesson."

	s.step("the world is played and one case opens", s.play)
	s.step("the first reviewer takes it from the queue and confirms", func() {
		anna.signsIn(review.RoleReviewer)
		anna.press("/next")
		anna.sees("Why", "Matched segments", "demo-list", "Payments", "No image is shown here", s.id[:8])
		s.preserve()
		anna.opens("/case/" + s.id + "/images")
		anna.sees("Blurred frame", "matched")
		frame := anna.finds(`name="frame" value="([0-9a-f]{64})"`)
		anna.press("/case/"+s.id+"/images", "frame", frame, "reason", "tell-what-happens")
		anna.press("/stepup", "code", s.code)
		anna.press("/case/"+s.id+"/images", "frame", frame, "reason", "tell-what-happens")
		if picture := anna.gets(anna.finds(`src="(/picture/[^"]+)"`), http.StatusOK); !strings.HasPrefix(picture, "\xff\xd8\xff") {
			s.t.Errorf("the image in the clear is %.20q", picture)
		}
		anna.opens("/case/" + s.id)
		anna.press("/case/"+s.id+"/decide", "reason", "confirm/several-signs", "action", "suspend", "note", "the list and the payments")
		anna.sees("Another person looks at it now")
	})
	var second time.Time
	s.step("the second reviewer decides the same", func() {
		anna.posts("/case/"+s.id+"/decide", url.Values{"digest": {s.digest}, "reason": {"confirm/several-signs"}}, http.StatusConflict)
		ben.signsIn(review.RoleReviewer)
		ben.opens("/queue?place=second")
		ben.opens("/case/" + s.id)
		ben.press("/case/" + s.id + "/claim")
		ben.sees("You are the second person")
		if strings.Contains(ben.page, "the list and the payments") {
			s.t.Error("the second person reads what the first one said")
		}
		second = time.Now()
		ben.press("/case/"+s.id+"/decide", "reason", "confirm/several-signs", "action", "suspend")
		ben.sees("It waits for nobody")
	})
	s.step("after the time to undo the platform suspends, and says so", func() {
		suspend = s.asked(action.Suspend)
		if took := time.Since(second); took < *s.c.Review.Undo {
			s.t.Errorf("it left %s after the decision, which could be undone for %s", took, *s.c.Review.Undo)
		}
		s.until("the receipt", func() (bool, string) {
			ben.reads("/case/" + s.id)
			return strings.Contains(ben.page, "suspend the account") && strings.Contains(ben.page, "done <span"), ben.main()
		})
	})
	s.step("the alert is in the centre's inbox", func() {
		said := s.inbox("ALERT ")
		for _, want := range []string{"anna and ben", "two persons", s.id, "Checks"} {
			if !strings.Contains(said, want) {
				s.t.Errorf("the centre does not read %q:\n%s", want, said)
			}
		}
	})
	s.step("the frames that it names came along for the centre that wants them, and for no other", func() {
		frames := filepath.Join(s.dir, "frames")
		said := s.vigil("inbox", "--centre", "ca", "--attachments", frames)
		files, err := os.ReadDir(frames)
		if err != nil || len(files) == 0 || !strings.Contains(said, fmt.Sprintf("%d frames came along; written to ", len(files))) {
			s.t.Fatalf("%d files, %v:\n%s", len(files), err, said)
		}
		for _, f := range files {
			picture, err := os.ReadFile(filepath.Join(frames, f.Name()))
			if err != nil || digestOf(picture)+".jpg" != f.Name() || !strings.Contains(s.vigil("inbox", "--centre", "ca", "--json"), digestOf(picture)) {
				s.t.Errorf("%s is not what it says or not named by the alert, %v", f.Name(), err)
			}
		}
		s.readsByItself(filepath.Join(s.dir, "by-itself"), len(files))
		s.until("an entry of the frames in the audit log", func() (bool, string) {
			found := false
			_, err := audit.Read(s.t.Context(), s.c.auditDir(), mustVerifier(s.t, s.c), func(_ uint64, e audit.Entry) {
				found = found || e.Kind == audit.KindDelivery && slices.Contains(e.Refs, fmt.Sprint("frames/", len(files))) && slices.Contains(e.Refs, "centre/ca")
			})
			return err == nil && found, fmt.Sprint(err)
		})
		if said := s.vigil("inbox", "--centre", "us", "--attachments", frames); strings.Contains(said, "came along") || !strings.Contains(said, "ALERT ") {
			s.t.Errorf("another centre reads\n%s", said)
		}
	})
	s.step("the account objects, and those who decided cannot answer", func() {
		said := s.call("POST", "/v1/appeals", fmt.Sprintf(`{"action_id":%q,"objection":%q}`, suspend.ID, objection), http.StatusCreated)
		if err := json.Unmarshal([]byte(said), &appeal); err != nil || appeal.ID == "" {
			s.t.Fatal(said, err)
		}
		for _, who := range []*visitor{anna, ben} {
			who.opens("/appeals")
			who.opens("/appeal/" + appeal.ID)
			who.sees(objection, "Somebody else answers this appeal")
			who.posts("/appeal/"+appeal.ID+"/answer", url.Values{"digest": {s.digest}, "answer": {"reversed/lawful-explanation"}}, http.StatusConflict)
		}
	})
	s.step("a third person reverses the decision", func() {
		carl.signsIn(review.RoleReviewer)
		carl.opens("/appeals")
		carl.opens("/appeal/" + appeal.ID)
		carl.sees(objection, "anna and ben")
		carl.opens("/case/" + s.id)
		carl.opens("/appeal/" + appeal.ID)
		carl.press("/appeal/"+appeal.ID+"/answer", "answer", "reversed/lawful-explanation", "note", "asked the platform")
		carl.sees("The decision was wrong")
	})
	s.step("the centre reads a retraction, the platform lifts, the list's owner is told", func() {
		if lift = s.asked(action.Lift); !slices.Equal(lift.Ends, []string{suspend.ID}) || lift.Appeal != appeal.ID {
			s.t.Errorf("it lifts %+v", lift)
		}
		if said := s.call("GET", "/v1/appeals/"+appeal.ID, "", http.StatusOK); !strings.Contains(said, `"state":"accepted"`) {
			s.t.Errorf("the platform reads %s", said)
		}
		s.inbox("RETRACTION of ALERT ")
		keys, ids := map[string]bool{}, map[string]bool{}
		if err := s.client.ReadAll(s.t.Context(), "alerts.ca", func(m stream.Message) error {
			keys[m.Key], ids[m.ID] = true, true
			if clearly := fmt.Sprintf("%+v %s", m.Event, m.Data); strings.Contains(clearly, s.id) || strings.Contains(strings.ToLower(clearly), "retract") || m.Type != typeSealed {
				s.t.Errorf("a record in clear: %s %+v", m.Type, m.Headers)
			}
			return nil
		}); err != nil || len(keys) != 1 || len(ids) != 2 {
			s.t.Errorf("an alert and its retraction have the keys %v and the ids %v, %v", keys, ids, err)
		}
		s.until("feedback on the list's entry and the case", func() (bool, string) {
			var of []string
			err := s.client.ReadAll(s.t.Context(), topicFeedback, func(m stream.Message) error {
				var f review.Feedback
				err := json.Unmarshal(m.Data, &f)
				of = append(of, f.List+f.Case)
				return err
			})
			return slices.Contains(of, s.world.ListName) && slices.Contains(of, s.id), fmt.Sprint(of, err)
		})
	})
	taken := filepath.Join(s.dir, "case.zip")
	s.step("the auditor sees who saw and did what, no image, and takes the case out", func() {
		olga.signsIn(review.RoleAuditor)
		olga.opens("/queue?place=closed")
		olga.opens("/case/" + s.id)
		olga.sees("by anna and ben", "by carl", "Who saw which in the clear (1)", "<td>anna</td>", "the list and the payments", "suspend the account", "lift what was asked before",
			"The decision was wrong", "They are for who decides the case")
		if strings.Contains(olga.page, "/images") || strings.Contains(olga.page, "/decide") {
			s.t.Errorf("the auditor is offered images or a decision:\n%s", olga.main())
		}
		olga.gets("/case/"+s.id+"/images", http.StatusForbidden)
		olga.opens("/supervise")
		olga.sees(`<th scope="row">anna</th>`, `<th scope="row">ben</th>`, "<b>1</b> reversed the decision")
		olga.reads("/case/" + s.id)
		olga.press("/case/" + s.id + "/bundle")
		if err := os.WriteFile(taken, []byte(olga.page), 0o600); err != nil {
			s.t.Fatal(err)
		}
	})
	key, err := s.c.verifier("")
	if err != nil {
		t.Fatal(err)
	}
	s.step("the bundle and the audit log verify", func() {
		for _, want := range []string{"the bundle fits together", "case       " + s.id, "by olga", "the key that was given", "decisions  2,", fmt.Sprintf("windows    %d,", s.matches)} {
			if said := s.vigil("evidence", "verify", "--key", key, taken); !strings.Contains(said, want) {
				s.t.Errorf("verify does not say %q:\n%s", want, said)
			}
		}
		if said := s.vigil("audit", "verify"); !strings.Contains(said, "verifies") {
			s.t.Error(said)
		}
		outboxEmpty(s.t, "the session", s.c)
		inTheLog(s.t, s.c, []string{"sent/" + suspend.ID, "sent/" + lift.ID, appeal.ID, "answer/" + appeal.ID})
	})
	s.step("the match can be repeated from a bundle with its frames", func() {
		file := filepath.Join(s.dir, "frames.zip")
		s.vigil("evidence", "export", s.id, "--to", file, "--identity", s.c.Review.EvidenceIdentity, "--reviewer", "sue")
		if said := s.vigil("evidence", "reproduce", "--key", key, file); !strings.Contains(said, fmt.Sprintf("all %d matches came out", s.matches)) {
			s.t.Error(said)
		}
	})
	s.step("a copy in which a confirmation became a dismissal does not", func() {
		data, err := os.ReadFile(taken)
		if err != nil {
			s.t.Fatal(err)
		}
		changed := bytes.Replace(data, []byte(`"verdict":"confirm"`), []byte(`"verdict":"dismiss"`), 1)
		if err := os.WriteFile(taken, changed, 0o600); err != nil || bytes.Equal(changed, data) {
			s.t.Fatal("nothing was changed", err)
		}
		said, err := exec.Command(s.bin, "evidence", "verify", "--key", key, taken).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "does not verify: decisions.json: ") {
			s.t.Errorf("%v: %s", err, said)
		}
	})
	s.run.stop()
}
