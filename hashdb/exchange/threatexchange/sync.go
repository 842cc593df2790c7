package threatexchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/exchange"
	"github.com/vigil-stream/vigil/hashdb/exchange/internal/delta"
	"github.com/vigil-stream/vigil/hashdb/formats"
)

// ErrShrunk is wrapped by the error of a sync that fetched everything anew and missed
// more than Options.MaxLoss of what is known.
var ErrShrunk = delta.ErrShrunk

// maxPages bounds one sync: 500 million updates in pages of 500.
const maxPages = 1_000_000

// Sync follows the updates to their end. It goes on from a checkpoint of 85 days at
// most; see ErrStale and Options.Known for one that is older.
func (g *Group) Sync(ctx context.Context, from []byte, apply func(hashdb.Batch) error) error {
	began := g.now()
	c, anew := g.begin(from, began)
	if anew != "" && g.o.Known == nil {
		return fmt.Errorf("threatexchange: checkpoint: %s: %w", anew, ErrStale)
	}
	var failed error // What apply said, to be returned as it is.
	out := delta.Writer{Size: g.size, Apply: func(b hashdb.Batch) error {
		failed = apply(b)
		return failed
	}}
	var seen delta.Seen
	asked := map[[8]byte]bool{}
	for ref := g.first(c.start()); ref != ""; {
		sum := sha256.Sum256([]byte(ref))
		if key := [8]byte(sum[:]); asked[key] {
			return fmt.Errorf("threatexchange: page %d is one that was read before: the pages go in a circle", len(asked)+1)
		} else if asked[key] = true; len(asked) > maxPages {
			return fmt.Errorf("threatexchange: more than %d pages", maxPages)
		}
		next, err := g.page(ctx, ref, func(r hashdb.Record) error {
			for _, e := range r.Entries {
				if !e.Time.IsZero() { // One from the future would pass over what comes before it.
					c.Time = max(c.Time, min(e.Time.Unix(), began.Unix()))
				}
			}
			if anew != "" {
				seen.Add(r)
			}
			return out.Put(r)
		})
		if failed != nil {
			return failed
		}
		if err != nil {
			return fmt.Errorf("threatexchange: page %d: %w", len(asked), err)
		}
		// A sync that retracts what did not come has to see all of it.
		if anew == "" && next != "" && out.Len() >= g.size/2 {
			if err := out.Flush(c.encode()); err != nil {
				return err
			}
		}
		ref = next
	}
	if anew != "" {
		if err := g.retract(ctx, &seen, out.Put); err != nil {
			return err
		}
	}
	c.Since = began.Unix()
	return out.Flush(c.encode())
}

// retract puts retractions of what is known and was not seen.
func (g *Group) retract(ctx context.Context, seen *delta.Seen, put func(hashdb.Record) error) error {
	gone, err := seen.Vanished(g.o.Known(ctx), g.o.MaxLoss)
	if err != nil {
		return fmt.Errorf("threatexchange: everything was fetched anew: %w", err)
	}
	for i := range gone {
		if err := put(hashdb.Record{Entries: gone[i : i+1]}); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page, hands its records to take, and returns the address of the next.
func (g *Group) page(ctx context.Context, ref string, take func(hashdb.Record) error) (next string, err error) {
	resp, err := g.client.Do(ctx, exchange.Request{Ref: ref, Header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return "", explain(err)
	}
	return g.read(resp.Body, take)
}

// read reads a page from its text. Of a text that is no page it takes nothing.
func (g *Group) read(body []byte, take func(hashdb.Record) error) (next string, err error) {
	// Asked first, since the reader takes other forms too, of which some would look like
	// the last page, and takes what comes before a fault.
	var form struct {
		Data json.RawMessage `json:"data"`
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &form); {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(body)):
		return "", fmt.Errorf("the answer of %d bytes: %w", len(body), hashdb.ErrTruncated)
	case errors.As(err, &syntax):
		return "", fmt.Errorf("the answer is not JSON at byte %d of %d", syntax.Offset, len(body))
	case err != nil || len(form.Data) == 0:
		return "", errors.New("the answer is no page of updates")
	}
	in, _, err := formats.Open(formats.ThreatExchange, bytes.NewReader(body), formats.Options{Provenance: "threatexchange"})
	if err != nil {
		return "", err
	}
	for {
		r, err := in.Next()
		var fault *hashdb.RecordError
		switch {
		case err == io.EOF: //nolint:errorlint // As io.Reader says, io.EOF comes bare.
			pages, ok := in.(interface{ Page() string })
			if !ok || pages.Page() == "" {
				return "", nil
			}
			return g.following(pages.Page())
		case errors.As(err, &fault) && g.o.Bad != nil:
			g.o.Bad(fmt.Errorf("threatexchange: %w", fault))
		case err != nil:
			return "", err
		default:
			if err := take(r); err != nil {
				return "", err
			}
		}
	}
}

// explain adds what the Graph API's own code says to a refusal.
func explain(err error) error {
	var refused *exchange.StatusError
	if !errors.As(err, &refused) {
		return err
	}
	var graph struct {
		Error struct {
			Code int `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(refused.Body, &graph) // Without a code there is nothing to add.
	what := ""
	switch graph.Error.Code {
	case 190:
		what = "the access token is wrong or has run out"
	case 4, 17, 32, 613:
		what = "too many requests"
	case 10, 200, 299:
		what = "the app lacks a permission"
	case 100:
		what = "a parameter is wrong, or the group is not visible to the app"
	case 0:
		if refused.Code == http.StatusInternalServerError {
			return fmt.Errorf("%w: so it answers too where threat_updates is not enabled for the privacy group", err)
		}
		return err
	default:
		return fmt.Errorf("%w: code %d", err, graph.Error.Code)
	}
	return fmt.Errorf("%w: code %d, %s", err, graph.Error.Code, what)
}
