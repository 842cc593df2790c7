package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/api/openid"
	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/hashdb/exchange"
)

// OpenIDConfig is the provider with which people sign in to pages: those of the console, or
// of a centre's inbox.
type OpenIDConfig struct {
	// Issuer is the provider's address, as it names itself; Client is what it calls
	// the pages.
	Issuer string `yaml:"issuer"`
	Client string `yaml:"client"`
	// Secret says where the client's secret is.
	Secret exchange.Credential `yaml:"secret"`
	// Address is where browsers find the pages, as in https://vigil.example.org. The
	// provider has to take this with /signin/back as a redirect URI.
	Address string `yaml:"address"`
	// Claim is where an ID token has a person's groups; dots go into objects.
	Claim string `yaml:"claim"`
	// Roles are what each group may be. Who is in no group of it sees nothing.
	Roles map[string][]string `yaml:"roles"`
	// Scopes are asked for beside openid.
	Scopes []string `yaml:"scopes"`
	// ACR are the authentication context classes of which a fresh authentication, before
	// images, has to have one. None means that any will do.
	ACR []string `yaml:"acr"`
}

func (o *OpenIDConfig) fill() {
	if o.Claim == "" {
		o.Claim = "groups"
	}
	if o.Scopes == nil {
		o.Scopes = []string{"profile"}
	}
	o.Address = strings.TrimSuffix(o.Address, "/")
}

// validate returns what is wrong, each behind the place where it stands; there are roles of
// some names.
func (o *OpenIDConfig) validate(at string, known []string) (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(at+format, args...))
	}
	for key, text := range map[string]string{"issuer": o.Issuer, "address": o.Address} {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
			fault("%s: %q is no address, as in https://id.example.org", key, text)
		} else if u.Scheme == "http" && signin.CheckLoopback(withPort(u)) != nil {
			fault("%s: %q is not https, and not on loopback", key, text)
		} else if key == "address" && u.Path != "" {
			fault("address: %q has a path", text)
		}
	}
	if o.Client == "" {
		fault("client: is missing")
	}
	if (o.Secret.File == "") == (o.Secret.Env == "") {
		fault("secret: give either file or env")
	}
	if len(o.Roles) == 0 {
		fault("roles: no group has a role, so nobody could do anything")
	}
	for group, roles := range o.Roles {
		for _, role := range roles {
			if !slices.Contains(known, role) {
				fault("roles.%s: %q is none of %v", group, role, known)
			}
		}
	}
	return faults
}

func texts[T ~string](list []T) (all []string) {
	for _, one := range list {
		all = append(all, string(one))
	}
	return all
}

func withPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

// askProvider has a provider tell about itself early, so that the log says what is wrong. One
// that is away keeps nothing from running: each sign-in asks it again.
func askProvider(ctx context.Context, p *openid.Provider, what string, log *zap.Logger) error {
	if err := p.Find(ctx); err != nil && ctx.Err() == nil {
		log.Error("nobody can sign in to the "+what+" until this is mended", zap.Error(err))
	}
	return nil
}

// provider is the one that these settings name. It has not been asked anything yet.
func (o *OpenIDConfig) provider() (*openid.Provider, error) {
	secret, err := o.Secret.Load()
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return openid.New(openid.Options{
		Issuer: o.Issuer, Client: o.Client, Secret: secret.Reveal(), Address: o.Address, Callback: signin.CallbackPath,
		Claim: o.Claim, Roles: o.Roles, Scopes: o.Scopes, ACR: o.ACR, Now: time.Now,
	}), nil
}
