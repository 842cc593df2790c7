package signin

import (
	"sync"
	"time"

	"github.com/vigil-stream/vigil/api/openid"
)

const (
	attemptCookie = "vigil-signin"
	// A sign-in that was begun ends within attemptTime; a thousand may be under way.
	attemptTime = 10 * time.Minute
	maxAttempts = 1000
)

// An attempt is a sign-in that was begun.
type attempt struct {
	openid.Attempt
	browser string // the value of its cookie
	session string // that is to go on, where somebody authenticates anew
	to      string // path to go on to
	began   time.Time
}

// attempts are those under way, by their state.
type attempts struct {
	mu sync.Mutex
	by map[string]attempt
}

func (a *attempts) add(one attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	oldest := one
	for state, have := range a.by {
		if one.began.Sub(have.began) >= attemptTime {
			delete(a.by, state)
		} else if have.began.Before(oldest.began) {
			oldest = have
		}
	}
	if len(a.by) >= maxAttempts {
		delete(a.by, oldest.State)
	}
	a.by[one.State] = one
}

// take returns an attempt, once, to the browser that began it.
func (a *attempts) take(state, browser string, now time.Time) (attempt, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	have, ok := a.by[state]
	if !ok || browser == "" || have.browser != browser || now.Sub(have.began) >= attemptTime {
		return attempt{}, false
	}
	delete(a.by, state)
	return have, true
}
