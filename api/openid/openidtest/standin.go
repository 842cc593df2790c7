// Package openidtest plays an OpenID provider for tests, without a person: whoever comes is
// who the test says. A real one is in deploy/oidc.
package openidtest

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// A StandIn answers as a provider does and, where it is told to, wrongly.
type StandIn struct {
	URL       string // its issuer
	Client    string // the one that it knows
	Key       *rsa.PrivateKey
	Now       func() time.Time
	Claims    map[string]any // beside those that are always there; nil takes one away
	Down      bool
	Issuer    string // that it says it is, where that is another
	Methods   []string
	TokenCode int
	TokenSays string
	Got       url.Values // what the token endpoint was sent
	Nonce     string     // of who came last
	t         testing.TB
}

// Key and StrangeKey are made once: it takes long. A provider publishes Key alone.
var Key, StrangeKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

// New returns one that knows a person called Anna, of the groups moderators and kitchen.
func New(t testing.TB, client string, now func() time.Time) *StandIn {
	t.Helper()
	s := &StandIn{t: t, Client: client, Key: Key(), Now: now, Claims: map[string]any{}, Methods: []string{"S256"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.describe)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": Encode(Key().N.Bytes()), "e": Encode(big.NewInt(int64(Key().E)).Bytes())}}})
	})
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		s.Nonce = q.Get("nonce")
		back := url.Values{"state": {q.Get("state")}, "code": {"c0de"}}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /token", s.exchange)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Down {
			http.Error(w, "the sky falls: secret-canary", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	s.URL = server.URL
	t.Cleanup(server.Close)
	return s
}

func (s *StandIn) describe(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, map[string]any{
		"issuer": cmp.Or(s.Issuer, s.URL), "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
		"end_session_endpoint": s.URL + "/end", "code_challenge_methods_supported": s.Methods, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *StandIn) exchange(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	s.Got = r.PostForm
	if s.TokenCode != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(s.TokenCode)
		_, _ = fmt.Fprint(w, s.TokenSays)
		return
	}
	s.answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": s.token()})
}

// Encode is how tokens write bytes.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *StandIn) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.t.Error(err)
	}
}

func (s *StandIn) token() string {
	now := s.Now()
	claims := map[string]any{
		"iss": s.URL, "sub": "4711", "aud": s.Client, "azp": s.Client, "nonce": s.Nonce, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(),
		"auth_time": now.Unix(), "acr": "1", "name": "Anna", "groups": []string{"moderators", "kitchen"},
	}
	maps.Copy(claims, s.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	body, err := json.Marshal(claims)
	if err != nil {
		s.t.Error(err)
	}
	text := Encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + Encode(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.Key, crypto.SHA256, sum[:])
	if err != nil {
		s.t.Error(err)
	}
	return text + "." + Encode(sig)
}
