package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/vigil-stream/vigil/api/page"
	"github.com/vigil-stream/vigil/review"
)

// Frames opens what was preserved of a case's streams, for the process that reviews.
type Frames interface {
	// Of returns the frames that a case's signals name, as many as fit on a page, and
	// where none of those was preserved some that lie around.
	Of(ctx context.Context, c review.Case) ([]Frame, error)
}

// A Frame is a picture of a stream.
type Frame struct {
	SHA256 string // of JPEG, in hex
	At     time.Time
	Named  bool // a signal of the case names it
	JPEG   []byte
}

// MaxFrames is how many frames a page has.
const MaxFrames = 12

// A ticket lets one picture be fetched once, by the session for which it was made. So no
// address shows anything, and nothing is shown again that was not asked for again.
type ticket struct {
	session string
	jpeg    []byte
	until   time.Time
}

const (
	ticketTime = time.Minute
	maxTickets = 2000
)

type tickets struct {
	mu sync.Mutex
	by map[string]ticket
}

// issue returns the address of a picture.
func (t *tickets) issue(session string, jpeg []byte, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, one := range t.by {
		if !now.Before(one.until) || len(t.by) >= maxTickets {
			delete(t.by, name)
		}
	}
	name := rand.Text()
	t.by[name] = ticket{session, jpeg, now.Add(ticketTime)}
	return "/picture/" + name
}

func (t *tickets) take(name, session string, now time.Time) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, ok := t.by[name]
	if !ok || one.session != session || !now.Before(one.until) {
		return nil, false
	}
	delete(t.by, name)
	return one.jpeg, true
}

// picture sends one, once.
func (c *console) picture(w http.ResponseWriter, r *http.Request, _ review.Person) error {
	jpeg, ok := c.tickets.take(r.PathValue("ticket"), c.door.Key(r), c.Now())
	if !ok {
		return fmt.Errorf("picture: %w", review.ErrNotFound)
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(jpeg) // the reader may be gone
	return nil
}

type imagesPage struct {
	ID      string
	Off     bool // this console opens nothing
	Frames  []shownFrame
	Bad     int // that could not be drawn
	Reasons []string
	Holds   review.Exposure
	Stepped bool
}

type shownFrame struct {
	Frame
	Address string
}

// images shows those of a case small, grey and blurred, to who has it in hand.
func (c *console) images(w http.ResponseWriter, r *http.Request, who review.Person) error {
	p := imagesPage{ID: r.PathValue("id"), Off: c.Frames == nil, Reasons: review.ImageReasons, Stepped: c.door.Stepped(r)}
	frames, err := c.framesOf(r, who)
	if err != nil {
		return err
	}
	for _, f := range frames {
		small, err := blurred(f.JPEG)
		if err != nil {
			p.Bad++
			continue
		}
		p.Frames = append(p.Frames, shownFrame{f, c.tickets.issue(c.door.Key(r), small, c.Now())})
	}
	if p.Holds, err = c.Store.Exposure(r.Context(), who.ID); err != nil {
		return err
	}
	return c.show(w, r, who, "images", "queue", "Images of case "+page.Short(p.ID), p)
}

// framesOf asks the rules first.
func (c *console) framesOf(r *http.Request, who review.Person) ([]Frame, error) {
	of, err := c.Store.Images(r.Context(), r.PathValue("id"), who)
	if err != nil || c.Frames == nil {
		return nil, err
	}
	frames, err := c.Frames.Of(r.Context(), of)
	if err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	return frames[:min(len(frames), MaxFrames)], nil
}

// seeImage shows one image in the clear: to who has just shown that it is they, with a
// reason, and after it was noted who sees what and why.
func (c *console) seeImage(w http.ResponseWriter, r *http.Request, who review.Person) error {
	id := r.PathValue("id")
	if !c.door.Stepped(r) {
		http.Redirect(w, r, "/stepup?to="+url.QueryEscape("/case/"+id+"/images"), http.StatusSeeOther)
		return nil
	}
	view := review.ImageView{Frame: r.PostForm.Get("frame"), Colour: r.PostForm.Get("colour") == "1", Reason: r.PostForm.Get("reason")}
	frames, err := c.framesOf(r, who)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if f.SHA256 != view.Frame {
			continue
		}
		// Drawn first, so that what cannot be shown does not count as seen.
		jpeg, err := clearly(f.JPEG, view.Colour)
		if err != nil {
			return badInput{err}
		}
		if err := c.Store.SeeImage(r.Context(), id, who, view); err != nil {
			return err
		}
		holds, err := c.Store.Exposure(r.Context(), who.ID)
		if err != nil {
			return err
		}
		return c.show(w, r, who, "image", "queue", "An image of case "+page.Short(id), struct {
			ID, Address, Reason string
			Frame               Frame
			Holds               review.Exposure
		}{id, c.tickets.issue(c.door.Key(r), jpeg, c.Now()), view.Reason, f, holds})
	}
	return badInput{errors.New("choose one of the images")}
}
