package app

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/inbox/pages"
)

// InboxSignIn is the file that says how people sign in to an inbox: what review.openid says
// of the console, and when sessions end.
type InboxSignIn struct {
	OpenIDConfig   `yaml:",inline"`
	SessionIdle    time.Duration `yaml:"session_idle"`
	SessionLongest time.Duration `yaml:"session_longest"`
}

func (s InboxSignIn) life() signin.Lifetimes {
	life := signin.DefaultLifetimes()
	life.Idle, life.Longest = cmp.Or(s.SessionIdle, life.Idle), cmp.Or(s.SessionLongest, life.Longest)
	return life
}

// readInboxSignIn reads such a file, and says all that is wrong with it.
func readInboxSignIn(file string) (*InboxSignIn, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s InboxSignIn
	if err := strictYAML(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s.fill()
	faults := s.validate(file+": ", pages.Roles)
	if len(s.ACR) > 0 {
		faults = append(faults, fmt.Errorf("%s: acr: is asked for before images, and an inbox shows none", file))
	}
	if err := s.life().Validate(); err != nil {
		faults = append(faults, fmt.Errorf("%s: session_idle, session_longest: %w", file, err))
	}
	return &s, errors.Join(faults...)
}

// signIn is how people sign in to this inbox, nil for development mode, and where it may
// listen then.
func (o ServeInboxOptions) signIn() (*InboxSignIn, error) {
	if o.OpenID == "" {
		if err := signin.CheckLoopback(o.Listen); err != nil {
			return nil, fmt.Errorf("%w: --listen: %q: %w; --openid lets people sign in", ErrUsage, o.Listen, err)
		}
		return nil, nil
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return nil, fmt.Errorf("%w: --listen: %q is not host:port", ErrUsage, o.Listen)
	}
	s, err := readInboxSignIn(o.OpenID)
	if err != nil {
		return nil, fmt.Errorf("%w: --openid: %w", ErrUsage, err)
	}
	return s, nil
}
