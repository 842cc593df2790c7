package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
)

// A filingsPage lists what is on its way to centres, the most urgent first.
type filingsPage struct {
	Now    time.Time
	View   review.FilingView
	Views  []viewCount
	Items  []review.ShownFiling
	Filled bool // there may be more than are shown
}

type viewCount struct {
	View review.FilingView
	N    int
	Told bool // its number is known
}

// maxFilings is how many filings a page lists.
const maxFilings = 100

func (c *console) filings(w http.ResponseWriter, r *http.Request, who review.Person) error {
	p := filingsPage{Now: c.Now().UTC(), View: review.FilingView(r.URL.Query().Get("view"))}
	if !slices.Contains(review.FilingViews, p.View) {
		p.View = review.ViewAttention
	}
	counts, err := c.Store.FilingCounts(r.Context(), who)
	if err != nil {
		return err
	}
	for _, v := range review.FilingViews {
		p.Views = append(p.Views, viewCount{v, counts[v], v != review.ViewFiled})
	}
	if p.Items, err = c.Store.ShownFilings(r.Context(), who, p.View, maxFilings); err != nil {
		return err
	}
	p.Filled = len(p.Items) == maxFilings
	return c.show(w, r, who, "filings", "filings", "Filings", p)
}

// A filingPage is one of them with all that was done about it.
type filingPage struct {
	review.ShownFiling
	Now      time.Time
	Steps    []review.FiledStep
	CanRetry bool
}

func (c *console) filing(w http.ResponseWriter, r *http.Request, who review.Person) error {
	d, steps, err := c.Store.ShownFiling(r.Context(), r.PathValue("alert"), byQueue(r), who)
	if err != nil {
		return err
	}
	return c.show(w, r, who, "filing", "filings", "Filing "+page.Short(d.Alert), filingPage{
		ShownFiling: d, Now: c.Now().UTC(), Steps: steps, CanRetry: d.Retryable() && who.May(review.RetryFiling),
	})
}

// retry has one tried again, or asked for where its centre may have it.
func (c *console) retry(w http.ResponseWriter, r *http.Request, who review.Person) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	do := c.Store.RetryFiling
	if byQueue(r) {
		do = c.Store.RetryQueued
	}
	d, err := do(r.Context(), r.PathValue("alert"), who, reason)
	if err != nil {
		return err
	}
	http.Redirect(w, r, filingPath(review.ShownFiling{Filing: d, ByQueue: byQueue(r)}), http.StatusSeeOther)
	return nil
}

// byQueue says which of the two ways of an alert a page is about.
func byQueue(r *http.Request) bool { return r.FormValue("way") == "queue" }

func filingPath(d review.ShownFiling) string {
	if d.ByQueue {
		return "/filing/" + d.Alert + "?way=queue"
	}
	return "/filing/" + d.Alert
}

var filingWords = map[review.FilingState]string{
	review.FilingQueued: "Queued", review.FilingSending: "Being sent", review.FilingUnknown: "Unknown", review.FilingFiled: "Filed",
	review.FilingFailed: "Failed", review.FilingHeld: "Held", review.FilingWithdrawn: "Withdrawn",
}

// filingMeans says of a state what it means, in a sentence.
var filingMeans = map[review.FilingState]string{
	review.FilingQueued:    "It waits for its turn, or for a pause after a failure to end.",
	review.FilingSending:   "A process has it in hand now.",
	review.FilingUnknown:   "The centre may have it. It is asked, and only what it says it does not have is sent again.",
	review.FilingFiled:     "The centre has it.",
	review.FilingFailed:    "The centre will not take it as it is. Nothing is tried any more until a person says so.",
	review.FilingHeld:      "It says too little to be sent. It is looked at again every quarter of an hour: whatever it lacks has to come from somebody.",
	review.FilingWithdrawn: "A later decision overtook it before it was sent. It is not sent any more.",
}

var viewWords = map[review.FilingView]string{
	review.ViewAttention: "Needs a person", review.ViewLate: "Late", review.ViewFailed: "Failed", review.ViewHeld: "Held",
	review.ViewUnknown: "Unknown", review.ViewQueued: "Queued", review.ViewFiled: "Filed",
}
