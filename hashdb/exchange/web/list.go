package web

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/delta"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// ErrShrunk is wrapped by the error of a sync whose file misses more than
// Options.MaxLoss of what is known.
var ErrShrunk = delta.ErrShrunk

// Options say where a list is and how to read it.
type Options struct {
	// Client says how to speak to the host. Its URL is the file's address, which may have
	// a query. Its Authorize is set here, and its MaxBody is the greatest length of the
	// file in bytes, unpacked; default 4 GiB.
	Client exchange.ClientOptions
	// User and Password are for Basic authentication, Token is a bearer's. All may be
	// empty; Token excludes the others.
	User, Password, Token exchange.Secret
	// Format is the file's; auto or empty finds it out, which is for trying a list out:
	// a format that is named cannot be mistaken.
	Format formats.Format
	// Kind is that of hashes whose kind the file does not tell.
	Kind hashdb.Kind
	// Known yields the entries that the store now holds of this source. Required.
	Known func(context.Context) iter.Seq2[hashdb.Entry, error]
	// MaxLoss is the greatest share of what is known, above 0 to 1, that may be
	// retracted at once; default 0.5. Beyond it nothing changes and the sync ends with
	// ErrShrunk.
	MaxLoss float64
	// TempDir is the folder of temporary files. It should be as private as the lists are;
	// empty is the system's own.
	TempDir string
	// Bad is told of each record that could not be read; it is then passed over, and
	// what is known of it retracted. Without it one bad record leaves the list as it is.
	Bad func(error)
}

// List is a list at an address. Its Sync must not run twice at once.
type List struct {
	o          Options
	client     *exchange.Client
	ref        string // The file's address under the client's URL.
	id         string // A digest of where the list is and how it is read.
	provenance string
	size       int // How many changes fill a batch.
}

var _ exchange.Source = (*List)(nil)

const defaultMaxBody = 4 << 30

// New returns a list, or reports every fault of the options at once.
func New(o Options) (*List, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if o.Known == nil {
		fault("what is known of the list is required, to tell what it lost")
	}
	if o.MaxLoss == 0 {
		o.MaxLoss = 0.5
	}
	if !(o.MaxLoss > 0 && o.MaxLoss <= 1) {
		fault("greatest loss %g: want a share above 0, to 1", o.MaxLoss)
	}
	if o.Format == "" {
		o.Format = formats.Auto
	}
	if o.Format != formats.Auto && !slices.Contains(formats.Names(), o.Format) {
		fault("format %.20q is not one of auto, %s", o.Format, strings.Trim(fmt.Sprint(formats.Names()), "[]"))
	}
	if o.Kind != 0 && o.Kind.Bits() == 0 {
		fault("%v is not a kind of hash", o.Kind)
	}
	token, user, password := o.Token.Reveal(), o.User.Reveal(), o.Password.Reveal()
	switch {
	case token != "" && user+password != "":
		fault("give either a token or a user and a password, not both")
	case (user == "") != (password == ""):
		fault("a user needs a password, and a password a user")
	}
	if o.Client.MaxBody == 0 {
		o.Client.MaxBody = defaultMaxBody
	}
	l := &List{o: o, size: delta.Size, id: digest(o.Client.URL, string(o.Format), o.Kind.String())}
	client := o.Client
	client.Authorize = func(r *http.Request) {
		switch {
		case token != "":
			r.Header.Set("Authorization", "Bearer "+token)
		case user != "":
			r.SetBasicAuth(user, password)
		}
	}
	// A client wants an address without a query, and puts a slash after it.
	if u, err := url.Parse(o.Client.URL); err == nil && u.Host != "" {
		l.ref, l.provenance = u.RequestURI(), provenance(u)
		u.Path, u.RawPath, u.RawQuery, u.ForceQuery = "/", "", "", false
		client.URL = u.String()
	}
	var err error
	l.client, err = exchange.NewClient(client)
	if faults = append(faults, err); errors.Join(faults...) != nil {
		return nil, fmt.Errorf("web: %w", errors.Join(faults...))
	}
	return l, nil
}

// provenance is the host and the file's base name, which entries carry.
func provenance(u *url.URL) string {
	text := u.Hostname() + "/" + strings.Trim(path.Base(u.Path), "/.")
	return strings.ToValidUTF8(strings.TrimSuffix(text[:min(len(text), 200)], "/"), "")
}
