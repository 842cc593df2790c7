package openid

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/review"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A standIn answers as a provider does and, where it is told to, wrongly. The tests with a
// real one are in package console, under the build tag chromium.
type standIn struct {
	t         *testing.T
	server    *httptest.Server
	key       *rsa.PrivateKey
	claims    map[string]any // beside those that are always there; nil takes one away
	down      bool
	issuer    string // that it says it is, where that is another
	methods   []string
	tokenCode int
	tokenSays string
	got       url.Values // what the token endpoint was sent
	nonce     string
}

// key and strangeKey are made once: it takes long.
var key, strangeKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{t: t, key: key(), claims: map[string]any{}, methods: []string{"S256"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		base := s.server.URL
		s.answer(w, map[string]any{
			"issuer": cmp.Or(s.issuer, base), "authorization_endpoint": base + "/auth", "token_endpoint": base + "/token", "jwks_uri": base + "/keys",
			"end_session_endpoint": base + "/end", "code_challenge_methods_supported": s.methods, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": encode(key().N.Bytes()), "e": encode(big.NewInt(int64(key().E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		s.got = r.PostForm
		if s.tokenCode != 0 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(s.tokenCode)
			_, _ = fmt.Fprint(w, s.tokenSays)
			return
		}
		s.answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": s.token()})
	})
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down {
			http.Error(w, "the sky falls: secret-canary", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *standIn) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.t.Error(err)
	}
}

func (s *standIn) token() string {
	claims := map[string]any{
		"iss": s.server.URL, "sub": "4711", "aud": "vigil-console", "azp": "vigil-console", "nonce": s.nonce, "exp": start.Add(time.Minute).Unix(), "iat": start.Unix(),
		"auth_time": start.Unix(), "acr": "1", "name": "Anna", "groups": []string{"moderators", "kitchen"},
	}
	maps.Copy(claims, s.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	body, err := json.Marshal(claims)
	if err != nil {
		s.t.Error(err)
	}
	text := encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		s.t.Error(err)
	}
	return text + "." + encode(sig)
}

func (s *standIn) provider(change func(*Options)) *Provider {
	o := Options{
		Issuer: s.server.URL, Client: "vigil-console", Secret: "s3cret", Address: "http://127.0.0.1:1", Callback: "/signin/back", Claim: "groups",
		Roles: map[string][]review.Role{"moderators": {review.RoleReviewer}, "leads": {review.RoleSupervisor, review.RoleReviewer}},
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
	s.nonce = q.Get("nonce")
	back := url.Values{"state": {q.Get("state")}, "code": {"c0de"}}
	if change != nil {
		change(back)
	}
	l, err := p.Finish(context.Background(), a, back)
	if err == nil {
		sum := sha256.Sum256([]byte(s.got.Get("code_verifier")))
		if q.Get("code_challenge") != encode(sum[:]) || q.Get("code_challenge_method") != "S256" {
			s.t.Errorf("the challenge %q is not that of %q", q.Get("code_challenge"), s.got.Get("code_verifier"))
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
	if l.Name != "Anna" || l.Fresh || !slices.Equal(l.Who.Roles, []review.Role{review.RoleReviewer}) {
		t.Errorf("%+v", l)
	}
	if strings.Contains(l.Who.ID, "4711") || !strings.HasPrefix(l.Who.ID, "p-") || len(l.Who.ID) != 18 {
		t.Errorf("called %q", l.Who.ID)
	}
	again, err := s.signIn(s.provider(nil), true, nil)
	if err != nil || again.Who.ID != l.Who.ID || !again.Fresh {
		t.Errorf("again %+v, %v", again, err)
	}
	s.claims["sub"] = "4712"
	if other, err := s.signIn(s.provider(nil), false, nil); err != nil || other.Who.ID == l.Who.ID {
		t.Errorf("somebody else is %q, %v", other.Who.ID, err)
	}
}

func TestRolesAreDeniedByDefault(t *testing.T) {
	for name, c := range map[string]struct {
		claim  string
		groups any
		there  bool
		want   []review.Role
	}{
		"none of the table":   {"groups", []string{"kitchen"}, true, nil},
		"no group":            {"groups", []string{}, true, nil},
		"no claim":            {"groups", nil, false, nil},
		"a number":            {"groups", 7, true, nil},
		"numbers":             {"groups", []int{7}, true, nil},
		"an object":           {"groups", map[string]any{"moderators": true}, true, nil},
		"another case":        {"groups", []string{"Moderators"}, true, nil},
		"a role's own name":   {"groups", []string{"supervisor"}, true, nil},
		"one text":            {"groups", "moderators", true, []review.Role{review.RoleReviewer}},
		"two that overlap":    {"groups", []string{"moderators", "leads"}, true, []review.Role{review.RoleReviewer, review.RoleSupervisor}},
		"a path that is not":  {"realm_access.roles", []string{"moderators"}, false, nil},
		"a name of an object": {"groups.moderators", []string{"moderators"}, false, nil},
	} {
		s := newStandIn(t)
		s.claims["groups"] = c.groups
		l, err := s.signIn(s.provider(func(o *Options) { o.Claim = c.claim }), false, nil)
		var none NoRole
		if errors.As(err, &none) != (c.want == nil) || !slices.Equal(l.Who.Roles, c.want) {
			t.Errorf("%s: %+v, %v", name, l, err)
		} else if c.want == nil && none.There != c.there {
			t.Errorf("%s: the claim is there: %v", name, none.There)
		}
	}
	s := newStandIn(t)
	s.claims["realm_access"] = map[string]any{"roles": []string{"leads"}}
	for _, claim := range []string{"realm_access.roles", "https://example.org/roles"} {
		s.claims["https://example.org/roles"] = []string{"leads"}
		if l, err := s.signIn(s.provider(func(o *Options) { o.Claim = claim }), false, nil); err != nil || !l.Who.Is(review.RoleSupervisor) {
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
		maps.Copy(s.claims, c.claims)
		if l, err := s.signIn(s.provider(nil), false, c.back); !errors.Is(err, c.want) || l.Who.ID != "" {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	s := newStandIn(t)
	s.key = strangeKey() // keys that the provider does not publish
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
		maps.Copy(s.claims, c.claims)
		l, err := s.signIn(s.provider(func(o *Options) { o.ACR = c.acr }), true, nil)
		if (err == nil) != c.ok || l.Fresh != c.ok || err != nil && !errors.Is(err, ErrFresh) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestAProviderThatFails(t *testing.T) {
	s := newStandIn(t)
	s.down = true
	p := s.provider(nil)
	if err := p.Find(t.Context()); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), s.server.URL) {
		t.Errorf("down: %v", err)
	}
	s.down = false
	if _, err := s.signIn(p, false, nil); err != nil {
		t.Errorf("it is up again: %v", err)
	}
	s.issuer = "https://other.example"
	if err := s.provider(nil).Find(t.Context()); !errors.Is(err, ErrProvider) || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("another issuer: %v", err)
	}
	s.issuer, s.methods = "", []string{"plain"}
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
		s.tokenCode, s.tokenSays = c.code, c.says
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
