package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb"
)

// readClip returns the refs of a video's frames, how many records were bad, and what
// ended it.
func readClip(t *testing.T, text, provenance string) (refs []string, bad int, end error) {
	t.Helper()
	r, _, err := Open(VPDQ, strings.NewReader(text), Options{Provenance: provenance})
	if err != nil {
		t.Fatal(err)
	}
	for {
		rec, err := r.Next()
		var wrong *hashdb.RecordError
		switch {
		case errors.As(err, &wrong):
			bad++
		case err != nil:
			if _, again := r.Next(); again == nil || again.Error() != err.Error() {
				t.Errorf("after %v comes %v", err, again)
			}
			return refs, bad, err
		}
		for _, e := range rec.Entries {
			refs = append(refs, e.Ref)
		}
	}
}

func TestFramesOfAVideoSayHowManyThereAre(t *testing.T) {
	line := func(i, quality int) string { return fmt.Sprintf("%d,%d,%064x,%d.0\n", i, quality, i, i) }
	text := line(0, 100) + line(1, 49) + "nonsense\n" + line(3, 50) + line(7, 80)
	refs, bad, end := readClip(t, text, "v.txt")
	if got := strings.Join(refs, " "); got != "v.txt#0/3 v.txt#3/3 v.txt#7/3" || bad != 1 || !errors.Is(end, io.EOF) {
		t.Errorf("%s, %d bad, %v", got, bad, end)
	}
	// Of a video that is cut nobody knows how many there are.
	refs, _, end = readClip(t, text+"8,100,"+strings.Repeat("0", 20), "v.txt")
	if got := strings.Join(refs, " "); got != "v.txt#0 v.txt#3 v.txt#7" || !errors.Is(end, hashdb.ErrTruncated) {
		t.Errorf("%s, %v", got, end)
	}
	// Nor of one too long to be kept, of which nothing is lost.
	var long strings.Builder
	for i := range maxClip + 2 {
		long.WriteString(line(i, 100))
	}
	refs, _, end = readClip(t, long.String(), "v.txt")
	if n := len(refs); n != maxClip+2 || refs[0] != "v.txt#0" || refs[n-1] != fmt.Sprintf("v.txt#%d", n-1) || !errors.Is(end, io.EOF) {
		t.Errorf("%d frames, %v", n, end)
	}
}
