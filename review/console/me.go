package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/review"
)

type mePage struct {
	Who      review.Person
	Org, Own review.Limits
	Holds    review.Exposure
	Theme    string
	NoKeys   bool
	Days     int
	Outcomes []outcomeTable // what came of the person's own confirmations in that many days
}

func (c *console) me(w http.ResponseWriter, r *http.Request, who review.Person) error {
	p := mePage{Who: who}
	var err error
	if p.Org, p.Own, err = c.Store.Limits(r.Context(), who.ID); err != nil {
		return err
	}
	if p.Holds, err = c.Store.Exposure(r.Context(), who.ID); err != nil {
		return err
	}
	if who.May(review.Decide) {
		p.Days = 90
		own, err := c.Store.OwnOutcomes(r.Context(), who, c.Now().UTC().AddDate(0, 0, -p.Days))
		if err != nil {
			return err
		}
		p.Outcomes = []outcomeTable{{Rows: []review.OutcomeCount{own}, Confirmed: true}}
	}
	if cookie, err := r.Cookie("vigil-theme"); err == nil {
		p.Theme = cookie.Value
	}
	if cookie, err := r.Cookie("vigil-keys"); err == nil {
		p.NoKeys = cookie.Value == "off"
	}
	return c.show(w, r, who, "me", "me", "Your work", p)
}

// setPages keeps how pages look and whether single keys do something.
func (c *console) setPages(w http.ResponseWriter, r *http.Request, _ review.Person) error {
	theme, keys := r.PostForm.Get("theme"), r.PostForm.Get("keys")
	if theme != "light" && theme != "dark" {
		theme = "auto"
	}
	if keys != "off" {
		keys = "on"
	}
	for name, value := range map[string]string{"vigil-theme": theme, "vigil-keys": keys} {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.OpenID != nil && strings.HasPrefix(c.Address, "https:")})
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

func (c *console) setOwnLimits(w http.ResponseWriter, r *http.Request, who review.Person) error {
	return c.saveLimits(w, r, who, false)
}

func (c *console) setLimits(w http.ResponseWriter, r *http.Request, who review.Person) error {
	return c.saveLimits(w, r, who, true)
}

func (c *console) saveLimits(w http.ResponseWriter, r *http.Request, who review.Person, organisation bool) error {
	var n [5]int
	for i, key := range []string{"cases", "after", "for", "images_hour", "images_day"} {
		text := r.PostForm.Get(key)
		if text == "" {
			continue // leaves it open
		}
		var err error
		if n[i], err = strconv.Atoi(text); err != nil {
			return badInput{fmt.Errorf("limits are whole numbers; leave a field empty to set none")}
		}
	}
	l := review.Limits{CasesADay: n[0], PauseAfter: time.Duration(n[1]) * time.Minute, PauseFor: time.Duration(n[2]) * time.Minute, ImagesAnHour: n[3], ImagesADay: n[4]}
	if err := l.Validate(); err != nil {
		return badInput{err}
	}
	if err := c.Store.SetLimits(r.Context(), who, organisation, l); err != nil {
		return err
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

func (c *console) help(w http.ResponseWriter, r *http.Request, who review.Person) error {
	return c.show(w, r, who, "help", "help", "Keys and rules", c.Store.Policy())
}
