package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/audit"
)

func TestFramesThatWentAlongAreInTheLogOnce(t *testing.T) {
	s := newStore(t)
	receive(t, s, caseOf(1, "a"))
	before := len(pending(t, s))
	frames := []string{strings.Repeat("1", 64), strings.Repeat("2", 64)}
	alert := AlertID(caseID, 1, "ph")
	for range 2 {
		if err := s.Attached(t.Context(), alert, caseID, "ph", frames); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Attached(t.Context(), alert, caseID, "ph", nil); err != nil {
		t.Fatal(err)
	}
	rows := pending(t, s)[before:]
	if len(rows) != 1 {
		t.Fatalf("%d entries", len(rows))
	}
	salt, err := s.Salt(t.Context(), caseID)
	if err != nil {
		t.Fatal(err)
	}
	e := rows[0].Entry
	if e.Kind != audit.KindDelivery || e.Digest != Commitment(salt, digest([]byte(strings.Join(frames, "\n")))) ||
		!slices.Equal(e.Refs, []string{alert, caseID, "centre/ph", "frames/2"}) {
		t.Errorf("%+v", e)
	}
}
