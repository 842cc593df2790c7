package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/vigil-stream/vigil/review"
)

const pageSize = 25

// A queuePage is what the queue shows.
type queuePage struct {
	Now     time.Time
	Who     review.Person
	Places  []review.Backlog
	Place   review.Place // or "mine"
	Mark    string
	Free    bool
	By      string // in whose hands, whatever the place
	Marks   []string
	Items   []review.Queued
	Next    string // address of the next page, or empty
	Rows    string // address of the rows alone
	After   bool   // it is not the first page
	Waiting int
	Appeals int // that wait
}

func (c *console) home(w http.ResponseWriter, r *http.Request, who review.Person) error {
	to := "/queue"
	if !who.May(review.List) {
		to = "/me" // an administrator sees no case
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

const mine review.Place = "mine"

func (c *console) loadQueue(r *http.Request, who review.Person) (queuePage, error) {
	q := r.URL.Query()
	p := queuePage{Now: c.Now().UTC(), Who: who, Place: review.Place(q.Get("place")), Mark: q.Get("mark"), Free: q.Get("free") == "1", By: q.Get("by"), After: q.Get("after") != ""}
	all := append(slices.Clone(review.Places), review.PlaceClosed, mine)
	if !slices.Contains(all, p.Place) {
		p.Place = review.PlaceOpen
	}
	f := review.QueueFilter{Place: p.Place, Mark: p.Mark, Unclaimed: p.Free, After: q.Get("after"), Limit: pageSize}
	if p.Place == mine {
		f.Claimed, f.Unclaimed = who.ID, false
	}
	if p.By != "" {
		f.Claimed, f.Unclaimed = p.By, false
	}
	page, err := c.Store.Queue(r.Context(), who, f)
	if err != nil {
		return p, err
	}
	p.Items = page.Items
	if p.Places, err = c.Store.Backlog(r.Context(), who); err != nil {
		return p, err
	}
	for _, b := range p.Places {
		p.Waiting += b.Cases
	}
	if p.Appeals, err = c.Store.AppealsWaiting(r.Context()); err != nil {
		return p, err
	}
	if page.Next != "" {
		p.Next = p.address("/queue", page.Next)
	}
	p.Rows = p.address("/queue/rows", q.Get("after"))
	return p, nil
}

// address is that of a page of the same filters.
func (p queuePage) address(path, after string) string {
	q := url.Values{"place": {string(p.Place)}}
	if p.Mark != "" {
		q.Set("mark", p.Mark)
	}
	if p.Free {
		q.Set("free", "1")
	}
	if p.By != "" {
		q.Set("by", p.By)
	}
	if after != "" {
		q.Set("after", after)
	}
	return path + "?" + q.Encode()
}

func (c *console) queue(w http.ResponseWriter, r *http.Request, who review.Person) error {
	p, err := c.loadQueue(r, who)
	if err != nil {
		return err
	}
	if p.Marks, err = c.Store.Marks(r.Context()); err != nil {
		return err
	}
	return c.show(w, r, who, "queue", "queue", "Queue", p)
}

func (c *console) queueRows(w http.ResponseWriter, r *http.Request, who review.Person) error {
	p, err := c.loadQueue(r, who)
	if err != nil {
		return err
	}
	return c.pages.Write(w, http.StatusOK, "queue", "live", p)
}

// next puts the most pressing case that the rules let this person have into their hands:
// those that wait for a second person first, since somebody has spent time on them.
func (c *console) next(w http.ResponseWriter, r *http.Request, who review.Person) error {
	places := []review.Place{review.PlaceSecond, review.PlaceOpen, review.PlaceHelp}
	if who.May(review.Settle) {
		places = append([]review.Place{review.PlaceSplit}, places...)
	}
	id, err := c.Store.ClaimNext(r.Context(), who, places...)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/case/"+id, http.StatusSeeOther)
	return nil
}

func (c *console) search(w http.ResponseWriter, r *http.Request, who review.Person) error {
	text := r.URL.Query().Get("q")
	found, err := c.Store.Search(r.Context(), who, text)
	if err != nil {
		return err
	}
	return c.show(w, r, who, "search", "queue", "Search", struct {
		Text  string
		Items []review.Queued
	}{text, found})
}
