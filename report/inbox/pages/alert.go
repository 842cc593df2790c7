package pages

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/inbox"
	"github.com/vigil-stream/vigil/review/account"
	"github.com/vigil-stream/vigil/review/bars"
)

// An alertPage is what the page of an alert shows.
type alertPage struct {
	inbox.File
	Bars     []bars.Bar
	Accounts []account.Account // as platforms told
	Lines    []inbox.Line
	Results  []report.Result
	Checks   []string // that may be named as missing
	Entries  []int    // lines of the form for entries
	Formats  []format
	Unproved bool // no step says that a sender signed it
}

// results are what may be said, in the order of their keys.
var results = []report.Result{report.Acknowledged, report.Actionable, report.Known, report.Insufficient, report.Wrong}

// checks are those of completeness that an outcome may name as missing.
var checks = []string{
	report.CheckEvidence, report.CheckIdentifiers, report.CheckTimes, report.CheckShown, report.CheckUrgency,
	report.CheckViewed, report.CheckOriginals, report.CheckWhole,
}

// maxEntries are lines of the form for entries that the alert does not name, maxLines all that
// are read.
const (
	maxEntries = 4
	maxLines   = 64 + maxEntries
)

func (d *desk) alert(w http.ResponseWriter, r *http.Request, who person) error {
	f, err := d.Store.View(r.Context(), r.PathValue("id"), who.entry)
	if err != nil {
		return err
	}
	p := alertPage{File: f, Accounts: inbox.Accounts(f.Alert), Bars: bars.Of(f.Alert.Statement.Parts), Results: results, Checks: checks, Entries: make([]int, maxEntries), Formats: formats, Unproved: !f.Sealed}
	for i := range p.Entries {
		p.Entries[i] = i + 1
	}
	if p.Lines, err = d.Store.Journal(r.Context(), f.ID, 12); err != nil {
		return err
	}
	return d.show(w, r, who, http.StatusOK, "alert", "alerts", "Alert "+page.Short(f.ID), p)
}

// say takes what came of an alert.
func (d *desk) say(w http.ResponseWriter, r *http.Request, who person) error {
	f := r.PostForm
	word := inbox.Word{
		Alert: r.PathValue("id"), By: who.entry, Result: report.Result(f.Get("result")), Reference: strings.TrimSpace(f.Get("reference")),
	}
	if word.Result == report.Insufficient {
		word.Missing = f["missing"]
		if len(word.Missing) == 0 {
			return badInput{errors.New("say what is missing: choose at least one of the checks")}
		}
	}
	entries, err := entriesOf(f)
	if err != nil {
		return err
	}
	if word.Entries = entries; len(entries) > 0 && word.Result != report.Wrong && word.Result != report.Actionable {
		return badInput{errors.New("entries of lists can be named where an alert is wrong, or actionable")}
	}
	if word.Reference != "" && !referenceForm.MatchString(word.Reference) {
		return badInput{errors.New("your own reference is 1 to 64 letters, digits, dots, dashes, underscores and slashes, without blanks")}
	}
	if _, err := d.Store.Say(r.Context(), word); err != nil {
		return err
	}
	return d.toAlert(w, r)
}

// entriesOf reads the lines of the form for entries; those without an entry, or on
// which nothing is said, are left out.
func entriesOf(f map[string][]string) (all []report.EntryOutcome, err error) {
	at := func(name string, i int) string {
		if i < len(f[name]) {
			return strings.TrimSpace(f[name][i])
		}
		return ""
	}
	for i := range min(len(f["entry"]), maxLines) {
		if at("judged", i) == "not" {
			continue
		}
		e := report.EntryOutcome{List: at("list", i), HashKind: strings.ToLower(at("kind", i)), Entry: at("entry", i), Wrong: at("judged", i) != "right"}
		if e.Entry == "" && e.List == "" {
			continue
		}
		if e.Entry == "" || e.List == "" || !kindForm.MatchString(e.HashKind) || len(e.Entry) > 256 || len(e.List) > 256 {
			return nil, badInput{fmt.Errorf("line %d of the entries: give the list, the kind of its hashes (as pdq) and the entry's id", i+1)}
		}
		all = append(all, e)
	}
	return all, nil
}

func (d *desk) undo(w http.ResponseWriter, r *http.Request, who person) error {
	if _, err := d.Store.Undo(r.Context(), r.PathValue("id"), who.entry); err != nil {
		return err
	}
	return d.toAlert(w, r)
}

func (d *desk) toAlert(w http.ResponseWriter, r *http.Request) error {
	if d.Said != nil {
		d.Said()
	}
	http.Redirect(w, r, "/alert/"+r.PathValue("id"), http.StatusSeeOther)
	return nil
}

func (d *desk) correction(w http.ResponseWriter, r *http.Request, who person) error {
	t, err := d.Store.Correction(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.Store.Log(r.Context(), who.entry, inbox.DidView, t.Notice.Alert, t.Notice.ID); err != nil {
		return err
	}
	return d.show(w, r, who, http.StatusOK, "correction", "alerts", "Correction "+page.Short(t.Notice.ID), t)
}

// read notes that somebody read a correction.
func (d *desk) read(w http.ResponseWriter, r *http.Request, who person) error {
	id := r.PathValue("id")
	t, err := d.Store.Correction(r.Context(), id)
	if err != nil {
		return err
	}
	if err := d.Store.ReadCorrection(r.Context(), id, who.entry); err != nil {
		return err
	}
	to := "/alerts"
	if t.There {
		to = "/alert/" + t.Notice.Alert
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// attachment gives out a file that came beside an alert, to be kept and not shown.
func (d *desk) attachment(w http.ResponseWriter, r *http.Request, who person) error {
	a, err := d.Store.Attachment(r.Context(), r.PathValue("id"), r.PathValue("sum"), who.entry)
	if err != nil {
		return err
	}
	download(w, "attachment-"+a.SHA256[:16], "application/octet-stream", a.Data)
	return nil
}

func download(w http.ResponseWriter, name, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = w.Write(data) // the reader may be gone
}
