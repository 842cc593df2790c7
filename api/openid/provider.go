// Package openid signs people in with an OpenID provider: authorization code flow with
// PKCE, state and nonce. It finds out who somebody is and which roles the organisation's
// table gives them, and asks for a fresh authentication where that is wanted. It keeps no
// session and writes no page: package signin does.
//
// It trusts the provider, by its address and the keys it publishes there, to say who
// somebody is. What comes back through a browser it does not trust.
package openid

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Options say which provider, and what it means.
type Options struct {
	Issuer, Client, Secret string
	// Address is that of our pages as browsers see them, without a path.
	Address string
	// Callback is the path to which the provider sends people back.
	Callback string
	// Claim is where an ID token has a person's groups; dots go into objects, as in
	// realm_access.roles.
	Claim string
	// Roles are what each group may be. A group that is not in it has none.
	Roles  map[string][]string
	Scopes []string // beside openid
	// ACR are the authentication context classes of which a fresh authentication has to
	// have one; none means that any will do.
	ACR []string
	Now func() time.Time
}

// A Provider signs people in.
type Provider struct {
	o      Options
	client *http.Client
	mu     sync.Mutex
	found  *found
}

// found is what the provider says about itself.
type found struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	end      string // end_session_endpoint, or empty
	names    bool   // it names itself in what it sends back (RFC 9207)
}

// The provider answers within timeout, with at most maxAnswer bytes.
const (
	timeout   = 10 * time.Second
	maxAnswer = 1 << 20
)

// New returns a provider that has not been asked anything yet.
func New(o Options) *Provider {
	return &Provider{o: o, client: &http.Client{Timeout: timeout, Transport: bounded{http.DefaultTransport}}}
}

// bounded cuts answers off.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// ErrProvider says that the provider cannot be reached, or does not answer as one.
var ErrProvider = errors.New("the sign-in service cannot be reached, or does not answer as one")

// Find asks the provider about itself, unless it has answered already. Who starts calls it
// to learn early; a sign-in calls it again, so that a provider may come up later.
func (p *Provider) Find(ctx context.Context) error {
	_, err := p.find(ctx)
	return err
}

func (p *Provider) find(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := oidc.NewProvider(ctx, p.o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %s", ErrProvider, p.o.Issuer, brief(err))
	}
	var says struct {
		End     string   `json:"end_session_endpoint"`
		Names   bool     `json:"authorization_response_iss_parameter_supported"`
		Methods []string `json:"code_challenge_methods_supported"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, fmt.Errorf("%w: %s: %s", ErrProvider, p.o.Issuer, brief(err))
	}
	if says.Methods != nil && !slices.Contains(says.Methods, "S256") {
		return nil, fmt.Errorf("%w: %s: it takes no PKCE by S256", ErrProvider, p.o.Issuer)
	}
	p.found = &found{
		oauth: oauth2.Config{
			ClientID: p.o.Client, ClientSecret: p.o.Secret, Endpoint: provider.Endpoint(),
			RedirectURL: p.o.Address + p.o.Callback, Scopes: append([]string{oidc.ScopeOpenID}, p.o.Scopes...),
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: p.o.Client, Now: p.o.Now}),
		end:      says.End,
		names:    says.Names,
	}
	return p.found, nil
}

// brief is an error without what a server may have put behind it at length.
func brief(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	return s[:min(len(s), 300)]
}

// An Attempt is what has to be remembered of a sign-in until the person is back.
type Attempt struct {
	State, nonce, verifier string
	fresh                  bool
	began                  time.Time
}

// Begin returns an attempt and the address at the provider to which the person goes. A
// fresh one has them authenticate again, whatever the provider remembers.
func (p *Provider) Begin(ctx context.Context, fresh bool) (Attempt, string, error) {
	f, err := p.find(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	a := Attempt{State: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), fresh: fresh, began: p.o.Now()}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	if fresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
		if len(p.o.ACR) > 0 {
			opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(p.o.ACR, " ")))
		}
	}
	return a, f.oauth.AuthCodeURL(a.State, opts...), nil
}

// End returns the address at which the provider ends a person's session there and sends
// them back to a path of ours, or nothing where it does not say how.
func (p *Provider) End(ctx context.Context, token, back string) string {
	f, err := p.find(ctx)
	if err != nil || f.end == "" {
		return ""
	}
	u, err := url.Parse(f.end)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", token)
	q.Set("client_id", p.o.Client)
	q.Set("post_logout_redirect_uri", p.o.Address+back)
	u.RawQuery = q.Encode()
	return u.String()
}
