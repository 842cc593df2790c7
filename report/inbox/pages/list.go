package pages

import (
	"net/http"
	"strconv"

	"github.com/vigil-stream/vigil/report/inbox"
)

// perPage is how many lines a list shows.
const perPage = 30

// A listPage is what the list of alerts shows.
type listPage struct {
	Place   string
	Items   []inbox.Item
	Total   int
	From    int // of the first item, from 0
	Unread  []inbox.Notice
	Sources []Source
	Before  int // from where the page before begins, -1 for none
	After   int
}

func (d *desk) home(w http.ResponseWriter, r *http.Request, _ person) error {
	http.Redirect(w, r, "/alerts", http.StatusSeeOther)
	return nil
}

func (d *desk) list(w http.ResponseWriter, r *http.Request, who person) error {
	p := listPage{Place: inbox.PlaceWaits, From: from(r), Before: -1, After: -1, Sources: d.Sources()}
	if r.URL.Query().Get("place") == inbox.PlaceAnswered {
		p.Place = inbox.PlaceAnswered
	}
	page, err := d.Store.Queue(r.Context(), p.Place, p.From, perPage)
	if err != nil {
		return err
	}
	p.Items, p.Total = page.Items, page.Total
	if p.Unread, err = d.Store.Unread(r.Context()); err != nil {
		return err
	}
	if p.From > 0 {
		p.Before = max(0, p.From-perPage)
	}
	if p.From+len(p.Items) < p.Total && len(p.Items) > 0 {
		p.After = p.From + perPage
	}
	return d.show(w, r, who, http.StatusOK, "list", "alerts", "Alerts", p)
}

func from(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n
}

func (d *desk) failed(w http.ResponseWriter, r *http.Request, who person) error {
	all, dropped, err := d.Store.Failures(r.Context(), from(r), perPage)
	if err != nil {
		return err
	}
	next := -1
	if len(all) == perPage {
		next = from(r) + perPage
	}
	return d.show(w, r, who, http.StatusOK, "failed", "failed", "Not taken", struct {
		All     []inbox.Failure
		Dropped int
		After   int
	}{all, dropped, next})
}

func (d *desk) journal(w http.ResponseWriter, r *http.Request, who person) error {
	lines, err := d.Store.Journal(r.Context(), r.URL.Query().Get("about"), 200)
	if err != nil {
		return err
	}
	return d.show(w, r, who, http.StatusOK, "journal", "journal", "Journal", struct {
		About string
		Lines []inbox.Line
	}{r.URL.Query().Get("about"), lines})
}

func (d *desk) help(w http.ResponseWriter, r *http.Request, who person) error {
	return d.show(w, r, who, http.StatusOK, "help", "help", "Help", nil)
}
