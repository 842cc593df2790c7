package review

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/audit"
	"github.com/vigil-stream/vigil/signal"
)

var frameSum = strings.Repeat("ab", 32)

// TestAnImageIsSeenByTheRules: who has the case in hand sees an image with a reason, up to
// the numbers, and each time is in the view log and, as ids and hashes, for the audit log.
func TestAnImageIsSeenByTheRules(t *testing.T) {
	ctx := t.Context()
	s, clock := strictStore(t)
	receive(t, s, caseNo(0))
	id := caseNo(0).ID
	anna, view := Reviewer("anna"), ImageView{Frame: frameSum, Colour: true, Reason: "tell-age"}
	if err := s.SeeImage(ctx, id, anna, view); !errors.Is(err, ErrNotYours) {
		t.Errorf("not in hand: %v", err)
	}
	if _, err := s.Images(ctx, id, anna); !errors.Is(err, ErrNotYours) {
		t.Errorf("blurred and not in hand: %v", err)
	}
	if _, err := s.Claim(ctx, id, anna); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []ImageView{{Frame: frameSum}, {Frame: frameSum, Reason: "curiosity"}, {Frame: "x", Reason: "tell-age"}, {Frame: frameSum[2:], Reason: "tell-age"}} {
		if err := s.SeeImage(ctx, id, anna, bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	for _, who := range []Person{with("otto", RoleAuditor), with("anna", RoleReviewer, RoleAuditor), with("ada", RoleAdministrator)} {
		if err := s.SeeImage(ctx, id, who, view); !errors.Is(err, ErrDenied) {
			t.Errorf("%v: %v", who, err)
		}
	}
	if c, err := s.Images(ctx, id, anna); err != nil || c.ID != id {
		t.Errorf("blurred: %v", err)
	}
	if err := s.SetLimits(ctx, anna, false, Limits{ImagesAnHour: 2}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.SeeImage(ctx, id, anna, view); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SeeImage(ctx, id, anna, view); !errors.Is(err, ErrImages) {
		t.Errorf("the third: %v", err)
	}
	if e, err := s.Exposure(ctx, "anna"); err != nil || e.Images != 2 || e.ImagesHour != 2 || !e.NoImages {
		t.Errorf("%+v, %v", e, err)
	}
	views, err := s.ImageViews(ctx, id, with("otto", RoleAuditor))
	if err != nil || len(views) != 2 || views[0] != (ImageView{frameSum, true, "tell-age", "anna", s.now()}) {
		t.Errorf("views %+v, %v", views, err)
	}
	if _, err := s.ImageViews(ctx, id, anna); !errors.Is(err, ErrDenied) {
		t.Errorf("a reviewer reads who saw what: %v", err)
	}
	rows, err := s.Outbox(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	salt, err := s.Salt(ctx, id)
	if err != nil || salt == "" {
		t.Fatal(salt, err)
	}
	logged := 0
	for _, row := range rows {
		if e := row.Entry; e != nil && e.Kind == audit.KindImage {
			logged++
			if e.Digest != Commitment(salt, frameSum) || strings.Join(e.Refs, " ") != id+" reviewer/anna reason/tell-age" {
				t.Errorf("logged %+v", e)
			}
		}
	}
	if logged != 2 {
		t.Errorf("%d entries", logged)
	}
	clock.at = clock.at.Add(time.Hour)
	if e, err := s.Exposure(ctx, "anna"); err != nil || e.NoImages || e.Images != 2 || e.ImagesHour != 0 {
		t.Errorf("an hour later %+v, %v", e, err)
	}
}

// TestImagesAreWork: who looks at images for long is to pause as who opens cases is.
func TestImagesAreWork(t *testing.T) {
	l := Limits{PauseAfter: 50 * time.Minute, PauseFor: 10 * time.Minute, ImagesADay: 3}
	e := exposureOf(start, 0, nil, l)
	e.seeing(start, []time.Time{start.Add(-13 * time.Hour), start.Add(-2 * time.Hour), start.Add(-time.Hour), start.Add(-59 * time.Minute)})
	if e.Images != 3 || e.ImagesHour != 1 || !e.NoImages { // start is at noon
		t.Errorf("%+v", e)
	}
}

// TestWhatWasSeenWhole: a picture in grey is not the whole of it, and another case's view is
// not this one's.
func TestWhatWasSeenWhole(t *testing.T) {
	ctx := t.Context()
	s, _ := strictStore(t)
	receive(t, s, caseNo(0))
	id, anna := caseNo(0).ID, Reviewer("anna")
	if _, err := s.Claim(ctx, id, anna); err != nil {
		t.Fatal(err)
	}
	grey := strings.Repeat("cd", 32)
	for _, v := range []ImageView{{Frame: grey, Reason: "tell-age"}, {Frame: frameSum, Colour: true, Reason: "tell-age"}, {Frame: frameSum, Colour: true, Reason: "tell-age"}} {
		if err := s.SeeImage(ctx, id, anna, v); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := s.SeenWhole(ctx, id)
	if err != nil || len(seen) != 1 || seen[frameSum] != signal.ID("image-view", id, "2") {
		t.Errorf("%v, %v", seen, err)
	}
	if seen, err := s.SeenWhole(ctx, caseNo(1).ID); err != nil || len(seen) != 0 {
		t.Errorf("%v, %v", seen, err)
	}
}
