package app

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console"
	"github.com/vigil-stream/vigil/review/console/openid"
)

// OpenIDConfig is the provider with which people sign in to the console.
type OpenIDConfig struct {
	// Issuer is the provider's address, as it names itself; Client is what it calls the
	// console.
	Issuer string `yaml:"issuer"`
	Client string `yaml:"client"`
	// Secret says where the client's secret is.
	Secret exchange.Credential `yaml:"secret"`
	// Address is where browsers find the console, as in https://vigil.example.org. The
	// provider has to take this with /signin/back as a redirect URI.
	Address string `yaml:"address"`
	// Claim is where an ID token has a person's groups; dots go into objects.
	Claim string `yaml:"claim"`
	// Roles are what each group may be. Who is in no group of it sees nothing.
	Roles map[string][]review.Role `yaml:"roles"`
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

func (o *OpenIDConfig) validate() (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("review.openid."+format, args...))
	}
	for key, text := range map[string]string{"issuer": o.Issuer, "address": o.Address} {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
			fault("%s: %q is no address, as in https://id.example.org", key, text)
		} else if u.Scheme == "http" && console.CheckLoopback(withPort(u)) != nil {
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
			if !slices.Contains(review.Roles, role) {
				fault("roles.%s: %q is none of %v", group, role, review.Roles)
			}
		}
	}
	return faults
}

func withPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}

// provider is the one that these settings name. It has not been asked anything yet.
func (o *OpenIDConfig) provider() (*openid.Provider, error) {
	secret, err := o.Secret.Load()
	if err != nil {
		return nil, fmt.Errorf("review.openid: secret: %w", err)
	}
	return openid.New(openid.Options{
		Issuer: o.Issuer, Client: o.Client, Secret: secret.Reveal(), Address: o.Address, Callback: console.CallbackPath,
		Claim: o.Claim, Roles: o.Roles, Scopes: o.Scopes, ACR: o.ACR, Now: time.Now,
	}), nil
}
