package openid

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// A Login is somebody who signed in.
type Login struct {
	ID    string // the same whenever they sign in, and another for everybody else
	Roles []string
	Name  string // what the provider calls them
	Token string // the ID token, to end the session at the provider with
	// Fresh says that they authenticated for this very sign-in, as was asked.
	Fresh bool
}

// The errors of a sign-in, in words for who tried.
var (
	ErrState = errors.New("this sign-in was not begun here, or it took too long: begin again")
	ErrToken = errors.New("the sign-in service's answer does not hold: begin again, and tell whoever runs this if it goes on")
	ErrFresh = errors.New("the sign-in service did not have you authenticate anew in the way that is asked for here")
)

// A Refused is that the provider says no.
type Refused struct{ Code string }

// The codes of OAuth 2.0 (RFC 6749, 4.1.2.1) and OpenID Connect Core (3.1.2.6).
func (r Refused) Error() string {
	switch r.Code {
	case "access_denied":
		return "the sign-in service says that access was denied: you gave up, or you have no access there"
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		return "the sign-in service wants to ask you something first: begin again"
	case "temporarily_unavailable", "server_error":
		return "the sign-in service has a fault of its own (" + r.Code + "): try again in a minute"
	}
	return "the sign-in service refuses, with the code " + r.Code + ": tell whoever runs this"
}

// A NoRole is somebody whom the table gives no role.
type NoRole struct {
	Claim  string
	There  bool     // the claim was in the token
	Groups []string // what was in it
	Token  string
}

func (NoRole) Error() string { return "no group of this person has a role here" }

// skew is by how much the clocks of a provider and of this machine may differ.
const skew = 30 * time.Second

var codeForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

// Finish takes what the provider sent through the browser and returns who it is about.
func (p *Provider) Finish(ctx context.Context, a Attempt, q url.Values) (Login, error) {
	f, err := p.find(ctx)
	if err != nil {
		return Login{}, err
	}
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(a.State)) != 1 {
		return Login{}, ErrState
	}
	if iss := q.Get("iss"); iss != p.o.Issuer && (iss != "" || f.names) {
		return Login{}, fmt.Errorf("%w: it was sent by another provider", ErrToken)
	}
	if code := q.Get("error"); code != "" {
		if !codeForm.MatchString(code) {
			code = "unknown"
		}
		return Login{}, Refused{code}
	}
	ctx = oidc.ClientContext(ctx, p.client)
	answer, err := f.oauth.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(a.verifier))
	if err != nil {
		return Login{}, exchangeFault(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return Login{}, fmt.Errorf("%w: %s", ErrToken, brief(err))
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.nonce)) != 1 {
		return Login{}, fmt.Errorf("%w: the nonce is another", ErrToken)
	}
	return p.login(token, raw, a)
}

// exchangeFault says what the provider's token endpoint had against it. A request that
// was not answered is a fault of the provider, and so is a refusal of the client.
func exchangeFault(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return fmt.Errorf("%w: token endpoint: %s", ErrProvider, brief(err))
	}
	code := refused.ErrorCode
	if !codeForm.MatchString(code) {
		code = "no code"
	}
	return fmt.Errorf("%w: the token endpoint answers %d, %s", ErrToken, refused.Response.StatusCode, code)
}

// login reads what a token that verifies says.
func (p *Provider) login(token *oidc.IDToken, raw string, a Attempt) (Login, error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return Login{}, fmt.Errorf("%w: %s", ErrToken, brief(err))
	}
	if azp, ok := claims["azp"].(string); ok && azp != p.o.Client || !ok && len(token.Audience) > 1 {
		return Login{}, fmt.Errorf("%w: it was issued to another client", ErrToken)
	}
	l := Login{Token: raw, ID: pseudonym(token.Issuer, token.Subject)}
	for _, key := range []string{"name", "preferred_username"} {
		if name, ok := claims[key].(string); ok && l.Name == "" {
			l.Name = name
		}
	}
	groups, there := textsAt(claims, p.o.Claim)
	for _, group := range groups {
		for _, role := range p.o.Roles[group] {
			if !slices.Contains(l.Roles, role) {
				l.Roles = append(l.Roles, role)
			}
		}
	}
	if len(l.Roles) == 0 {
		return Login{}, NoRole{Claim: p.o.Claim, There: there, Groups: groups, Token: raw}
	}
	if a.fresh {
		if err := p.fresh(claims, a.began); err != nil {
			return Login{}, err
		}
		l.Fresh = true
	}
	return l, nil
}

// fresh checks that a person authenticated since an attempt began. That it was asked for
// says nothing: what comes back may be the answer to an address from which it was taken.
func (p *Provider) fresh(claims map[string]any, began time.Time) error {
	at, ok := claims["auth_time"].(float64)
	if !ok {
		return fmt.Errorf("%w: it does not say when you did (auth_time)", ErrFresh)
	}
	if time.Unix(int64(at), 0).Before(began.Add(-skew)) {
		return fmt.Errorf("%w: you did so before it was asked for", ErrFresh)
	}
	if acr, _ := claims["acr"].(string); len(p.o.ACR) > 0 && !slices.Contains(p.o.ACR, acr) {
		return fmt.Errorf("%w: it was by %q, and has to be by one of %q (acr)", ErrFresh, acr, p.o.ACR)
	}
	return nil
}

// pseudonym is what a person is called in stores and logs: the same whenever they sign in,
// and nothing that tells who they are to who has not the provider's list of people. It is
// made as package signal makes ids, of each text behind its length.
func pseudonym(issuer, subject string) string {
	var b []byte
	for _, part := range []string{"person", issuer, subject} {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(b)
	return "p-" + hex.EncodeToString(sum[:8])
}

// textsAt returns the texts at a path of claims. One text alone is a list of one.
func textsAt(claims map[string]any, path string) (list []string, there bool) {
	var at any = claims
	if v, ok := claims[path]; ok { // the name of a claim may have dots, as that of an address
		at = v
	} else {
		for key := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			if at, there = m[key]; !there {
				return nil, false
			}
		}
	}
	switch v := at.(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list, true
}
