package threatexchange

import (
	"slices"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/hashdb/exchange"
)

func TestFeedback(t *testing.T) {
	for name, c := range map[string]struct {
		f    exchange.Feedback
		want []string
		err  string
	}{
		"affirmed":      {exchange.Feedback{Ref: "77", Verdict: exchange.Affirmed}, []string{"901 SAW_THIS_TOO", "903 SAW_THIS_TOO"}, ""},
		"disputed":      {exchange.Feedback{Ref: "77", Verdict: exchange.Disputed}, []string{"901 DISAGREE_WITH_TAGS", "903 DISAGREE_WITH_TAGS"}, ""},
		"a reason":      {exchange.Feedback{Ref: "77", Verdict: exchange.Disputed, Reason: "NON_MALICIOUS"}, []string{"901 NON_MALICIOUS", "903 NON_MALICIOUS"}, ""},
		"other reason":  {exchange.Feedback{Ref: "77", Verdict: exchange.Disputed, Reason: "SILLY"}, nil, "SILLY"},
		"no verdict":    {exchange.Feedback{Ref: "77"}, nil, "verdict"},
		"no indicator":  {exchange.Feedback{Ref: "77/../me", Verdict: exchange.Affirmed}, nil, "digits"},
		"only our own":  {exchange.Feedback{Ref: "78", Verdict: exchange.Affirmed}, nil, "nothing to react to"},
		"not a number":  {exchange.Feedback{Ref: "79", Verdict: exchange.Affirmed}, nil, "descriptor 1 is none"},
		"not accepted":  {exchange.Feedback{Ref: "80", Verdict: exchange.Affirmed}, []string{"904 SAW_THIS_TOO"}, "1 of 1: it was not accepted"},
		"not there":     {exchange.Feedback{Ref: "81", Verdict: exchange.Affirmed}, nil, "404"},
		"half of a ref": {exchange.Feedback{Verdict: exchange.Affirmed}, nil, "digits"},
	} {
		b := newBench(t, nil)
		err := b.Feedback(t.Context(), c.f)
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) || !slices.Equal(b.api.reacted, c.want) {
			t.Errorf("%s: %v and %v, want %v and %q", name, b.api.reacted, err, c.want, c.err)
		}
		noLeak(t, name, err)
	}
}
