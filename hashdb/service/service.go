package service

import (
	"errors"
	"fmt"
	"image"
	"net/http"
	"runtime"
	"time"

	"github.com/vigil-stream/vigil/api"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

// Searcher looks hashes up; *hashdb.DB is one. Both methods are called at the same
// time by many goroutines, and Lists for every request.
type Searcher interface {
	// Search returns an answer for each hash, in their order.
	Search(q hashdb.Query, hashes ...hashdb.Hash) ([]hashdb.Answer, error)
	// Lists returns every list as it stands.
	Lists() []hashdb.ListInfo
}

// Remote is an owner that looks hashes up itself, for lists that are not handed out. It
// is asked when a request wants it, and only for keys that may use Name as a source.
type Remote struct {
	Name    string
	Kinds   []hashdb.Kind // What it takes.
	Matcher exchange.RemoteMatcher
}

// Options say how the service works. Decode is required, and the zero value of every
// other field stands for what its comment says.
type Options struct {
	// Decode decodes a picture: JPEG, PNG or WebP, and nothing else. It bounds the
	// pixels and whatever else decoding may cost, and its error, which the client is
	// shown, says what is wrong with the picture.
	Decode func(data []byte) (image.Image, error)

	MaxHashes  int // In a request; 1,000.
	MaxBody    int // Of a request of hashes, in bytes; 256 KiB.
	MaxImage   int // Of a file to hash, in bytes; 8 MiB.
	MaxMatches int // In an answer for one hash, nearest first; 100. What is left out is counted.
	// MaxInFlight is how many requests with a key are served at once, 128, and Workers
	// how many of them hash or search: the number of processors. Together with MaxImage
	// the first bounds the memory. One key has half of the first at most.
	MaxInFlight, Workers int
	// Timeout bounds the wait for a worker and the asking of remote matchers; 10 s.
	Timeout time.Duration
	// MinQuality is the least PDQ quality, 1 to 100, with which a picture is looked up by
	// its perceptual hashes; 50, below which the authors of PDQ discard.
	MinQuality int
	// Mode is how PDQ is made of a picture; pdq.Mode512.
	Mode pdq.Mode

	Remotes []Remote
	Now     func() time.Time // time.Now.
	// Observe is told of each request when it has been answered: the route's path, or
	// "other"; the key's name, empty when there was none; the status.
	Observe func(route, key string, status int, took time.Duration)
	// Report is told what went wrong on our side: a failed look-up, a panic, a remote
	// matcher that did not answer, a bad key file.
	Report func(error)
}

// service is the handler that New makes.
type service struct {
	*api.Server[Key]
	Options
	searcher Searcher
	// workers holds as many hashers as may work at once: one is the leave to work.
	workers chan *pdq.Hasher
}

// New returns the handler of the look-up service. It is one handler for all its paths,
// to be mounted at the root.
func New(s Searcher, keys *Keys, o Options) (http.Handler, error) {
	if s == nil || keys == nil || o.Decode == nil {
		return nil, errors.New("look-up service: want a searcher, keys and a decoder of pictures")
	}
	for _, d := range []struct {
		name  string
		value *int
		unset int
	}{
		{"MaxHashes", &o.MaxHashes, 1000}, {"MaxBody", &o.MaxBody, 256 << 10}, {"MaxImage", &o.MaxImage, 8 << 20},
		{"MaxMatches", &o.MaxMatches, 100}, {"MaxInFlight", &o.MaxInFlight, 128},
		{"Workers", &o.Workers, runtime.GOMAXPROCS(0)}, {"MinQuality", &o.MinQuality, 50},
	} {
		if *d.value < 0 {
			return nil, fmt.Errorf("look-up service: %s is %d", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.unset
		}
	}
	for _, r := range o.Remotes {
		if !api.IsName(r.Name) || r.Matcher == nil || len(r.Kinds) == 0 {
			return nil, fmt.Errorf("look-up service: remote %.80q: want a name, kinds and a matcher", r.Name)
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	v := &service{Options: o, searcher: s, workers: make(chan *pdq.Hasher, o.Workers)}
	for range o.Workers {
		v.workers <- pdq.New(o.Mode)
	}
	v.Server = api.NewServer(keys, api.Options{MaxInFlight: o.MaxInFlight, Now: o.Now, Observe: o.Observe, Report: o.Report}, v.table()...)
	return v, nil
}
