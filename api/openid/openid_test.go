package openid

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/api/openid/openidtest"
	"github.com/vigil-stream/vigil/signal"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A standIn is a provider that a test signs in with. The tests with a real one are those of
// pages, under the build tag chromium.
type standIn struct {
	*openidtest.StandIn
	t *testing.T
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	return &standIn{openidtest.New(t, "vigil-console", func() time.Time { return start }), t}
}

func (s *standIn) provider(change func(*Options)) *Provider {
	o := Options{
		Issuer: s.URL, Client: "vigil-console", Secret: "s3cret", Address: "http://127.0.0.1:1", Callback: "/signin/back", Claim: "groups",
		Roles: map[string][]string{"moderators": {"reviewer"}, "leads": {"supervisor", "reviewer"}},
		Now:   func() time.Time { return start },
	}
	if change != nil {
		change(&o)
	}
	return New(o)
}

// signIn goes the whole way, and lets the test change what the browser brings back.
func (s *standIn) signIn(p *Provider, fresh bool, change func(q url.Values)) (Login, error) {
	s.t.Helper()
	a, address, err := p.Begin(context.Background(), fresh)
	if err != nil {
		return Login{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	q := u.Query()
	s.Nonce = q.Get("nonce")
	back := url.Values{"state": {q.Get("state")}, "code": {"c0de"}}
	if change != nil {
		change(back)
	}
	l, err := p.Finish(context.Background(), a, back)
	if err == nil {
		sum := sha256.Sum256([]byte(s.Got.Get("code_verifier")))
		if q.Get("code_challenge") != openidtest.Encode(sum[:]) || q.Get("code_challenge_method") != "S256" {
			s.t.Errorf("the challenge %q is not that of %q", q.Get("code_challenge"), s.Got.Get("code_verifier"))
		}
		if (q.Get("prompt") == "login" && q.Get("max_age") == "0") != fresh {
			s.t.Errorf("fresh is %v and the address %s", fresh, address)
		}
	}
	return l, err
}

func TestASignIn(t *testing.T) {
	s := newStandIn(t)
	l, err := s.signIn(s.provider(nil), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "Anna" || l.Fresh || !slices.Equal(l.Roles, []string{"reviewer"}) {
		t.Errorf("%+v", l)
	}
	// The name is made as ids are everywhere, so that whoever has one keeps it.
	if l.ID != "p-"+signal.ID("person", s.URL, "4711")[:16] || !strings.HasPrefix(l.ID, "p-") || len(l.ID) != 18 {
		t.Errorf("called %q", l.ID)
	}
	again, err := s.signIn(s.provider(nil), true, nil)
	if err != nil || again.ID != l.ID || !again.Fresh {
		t.Errorf("again %+v, %v", again, err)
	}
	s.Claims["sub"] = "4712"
	if other, err := s.signIn(s.provider(nil), false, nil); err != nil || other.ID == l.ID {
		t.Errorf("somebody else is %q, %v", other.ID, err)
	}
}

func TestRolesAreDeniedByDefault(t *testing.T) {
	for name, c := range map[string]struct {
		claim  string
		groups any
		there  bool
		want   []string
	}{
		"none of the table":   {"groups", []string{"kitchen"}, true, nil},
		"no group":            {"groups", []string{}, true, nil},
		"no claim":            {"groups", nil, false, nil},
		"a number":            {"groups", 7, true, nil},
		"numbers":             {"groups", []int{7}, true, nil},
		"an object":           {"groups", map[string]any{"moderators": true}, true, nil},
		"another case":        {"groups", []string{"Moderators"}, true, nil},
		"a role's own name":   {"groups", []string{"supervisor"}, true, nil},
		"one text":            {"groups", "moderators", true, []string{"reviewer"}},
		"two that overlap":    {"groups", []string{"moderators", "leads"}, true, []string{"reviewer", "supervisor"}},
		"a path that is not":  {"realm_access.roles", []string{"moderators"}, false, nil},
		"a name of an object": {"groups.moderators", []string{"moderators"}, false, nil},
	} {
		s := newStandIn(t)
		s.Claims["groups"] = c.groups
		l, err := s.signIn(s.provider(func(o *Options) { o.Claim = c.claim }), false, nil)
		var none NoRole
		if errors.As(err, &none) != (c.want == nil) || !slices.Equal(l.Roles, c.want) {
			t.Errorf("%s: %+v, %v", name, l, err)
		} else if c.want == nil && none.There != c.there {
			t.Errorf("%s: the claim is there: %v", name, none.There)
		}
	}
	s := newStandIn(t)
	s.Claims["realm_access"] = map[string]any{"roles": []string{"leads"}}
	for _, claim := range []string{"realm_access.roles", "https://example.org/roles"} {
		s.Claims["https://example.org/roles"] = []string{"leads"}
		if l, err := s.signIn(s.provider(func(o *Options) { o.Claim = claim }), false, nil); err != nil || !slices.Contains(l.Roles, "supervisor") {
			t.Errorf("%s: %+v, %v", claim, l, err)
		}
	}
}

func TestWhatDoesNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		back   func(q url.Values)
		want   error
	}{
		"another state":      {nil, func(q url.Values) { q.Set("state", "other") }, ErrState},
		"no state":           {nil, func(q url.Values) { q.Del("state") }, ErrState},
		"another provider":   {nil, func(q url.Values) { q.Set("iss", "https://evil.example") }, ErrToken},
		"another nonce":      {map[string]any{"nonce": "other"}, nil, ErrToken},
		"no nonce":           {map[string]any{"nonce": nil}, nil, ErrToken},
		"another audience":   {map[string]any{"aud": "other"}, nil, ErrToken},
		"another client":     {map[string]any{"aud": []string{"vigil-console", "other"}, "azp": "other"}, nil, ErrToken},
		"whose client":       {map[string]any{"aud": []string{"vigil-console", "other"}, "azp": nil}, nil, ErrToken},
		"another issuer":     {map[string]any{"iss": "https://evil.example"}, nil, ErrToken},
		"expired":            {map[string]any{"exp": start.Add(-time.Second).Unix()}, nil, ErrToken},
		"denied":             {nil, func(q url.Values) { q.Set("error", "access_denied") }, Refused{"access_denied"}},
		"an error of a kind": {nil, func(q url.Values) { q.Set("error", "<b>call 0900") }, Refused{"unknown"}},
	} {
		s := newStandIn(t)
		maps.Copy(s.Claims, c.claims)
		if l, err := s.signIn(s.provider(nil), false, c.back); !errors.Is(err, c.want) || l.ID != "" {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	s := newStandIn(t)
	s.Key = openidtest.StrangeKey() // keys that the provider does not publish
	if _, err := s.signIn(s.provider(nil), false, nil); !errors.Is(err, ErrToken) {
		t.Errorf("a strange key: %v", err)
	}
}

func TestAFreshAuthentication(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		acr    []string
		ok     bool
	}{
		"now":             {nil, nil, true},
		"clocks differ":   {map[string]any{"auth_time": start.Add(-20 * time.Second).Unix()}, nil, true},
		"before":          {map[string]any{"auth_time": start.Add(-40 * time.Second).Unix()}, nil, false},
		"does not say":    {map[string]any{"auth_time": nil}, nil, false},
		"no number":       {map[string]any{"auth_time": "now"}, nil, false},
		"the class":       {nil, []string{"gold", "1"}, true},
		"another class":   {nil, []string{"gold"}, false},
		"says no class":   {map[string]any{"acr": nil}, []string{"gold"}, false},
		"no class wanted": {map[string]any{"acr": nil}, nil, true},
	} {
		s := newStandIn(t)
		maps.Copy(s.Claims, c.claims)
		l, err := s.signIn(s.provider(func(o *Options) { o.ACR = c.acr }), true, nil)
		if (err == nil) != c.ok || l.Fresh != c.ok || err != nil && !errors.Is(err, ErrFresh) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestAProviderThatFails(t *testing.T) {
	s := newStandIn(t)
	s.Down = true
	p := s.provider(nil)
	if err := p.Find(t.Context()); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("down: %v", err)
	}
	s.Down = false
	if _, err := s.signIn(p, false, nil); err != nil {
		t.Errorf("it is up again: %v", err)
	}
	s.Issuer = "https://other.example"
	if err := s.provider(nil).Find(t.Context()); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("another issuer: %v", err)
	}
	s.Issuer, s.Methods = "", []string{"plain"}
	if err := s.provider(nil).Find(t.Context()); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), "PKCE") {
		t.Errorf("no PKCE: %v", err)
	}
	// What it answers may hold anything, and must not get on.
	for _, c := range []struct {
		code       int
		says, want string
	}{
		{401, `{"error":"invalid_client","error_description":"secret-canary"}`, "401, invalid_client"},
		{400, `{"error":"invalid_grant"}`, "400, invalid_grant"},
		{500, `secret-canary`, "500, no code"},
	} {
		s := newStandIn(t)
		s.TokenCode, s.TokenSays = c.code, c.says
		if _, err := s.signIn(s.provider(nil), false, nil); !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-canary") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%d: %v", c.code, err)
		}
	}
}

func TestTheWayOut(t *testing.T) {
	s := newStandIn(t)
	u, err := url.Parse(s.provider(nil).End(t.Context(), "to.k.en", "/signin"))
	if err != nil || u.Path != "/end" || u.Query().Get("id_token_hint") != "to.k.en" || u.Query().Get("post_logout_redirect_uri") != "http://127.0.0.1:1/signin" {
		t.Errorf("%v, %v", u, err)
	}
}
