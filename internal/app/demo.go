package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/world"
	"github.com/vigil-stream/vigil/review"
)

// DemoOptions say how the demo runs.
type DemoOptions struct {
	Data   string // folder that is emptied first; empty means data/demo
	Once   bool   // end after the first alert
	Review bool   // ask the person at the terminal
	Seed   uint64
	In     io.Reader
	Out    io.Writer
}

// demoMark names the file by which a folder is known to be a demo's, so that no
// other is emptied.
const demoMark = ".vigil-demo"

// Demo runs every room on a small made-up world, up to an alert in a centre's
// inbox, over an embedded broker on loopback.
func Demo(ctx context.Context, o DemoOptions) error {
	if o.Data == "" {
		o.Data = filepath.Join("data", "demo")
	}
	if err := emptyDemoFolder(o.Data); err != nil {
		return err
	}
	c := DefaultConfig(o.Data)
	c.Listen = "127.0.0.1:0"
	c.Review.onePerson() // the alert says so
	c.Completeness.standIns = true
	if c.Review.Listen = freeLoopback(c.Review.Listen); o.Once && !o.Review {
		c.Review.Listen = "none"
	}
	log, err := newLogger("console", "error")
	if err != nil {
		return err
	}
	d := &demo{DemoOptions: o, c: c, began: time.Now()}
	if d.world, err = world.New(o.Seed, d.began); err != nil {
		return err
	}
	if err := d.importList(ctx); err != nil {
		return err
	}
	up := make(chan string, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return runRooms(gctx, c, log, func(addr string) { up <- addr }) })
	g.Go(func() error {
		defer stop() // the rooms end with the play
		select {
		case <-gctx.Done():
			return nil
		case addr := <-up:
			d.say("embedded broker on %s, rooms: %s", addr, strings.Join(c.Rooms, ", "))
		}
		err := d.play(gctx, log)
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return nil // Ctrl-C
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	d.say("stopped cleanly")
	return nil
}

func emptyDemoFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
			return fmt.Errorf("%w: %s is not empty and not a demo's folder", ErrUsage, dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("demo folder: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, demoMark), nil, 0o600)
}

// A demo is one run of the play.
type demo struct {
	DemoOptions
	c     Config
	world world.World
	began time.Time
	// sessions are those of the world's streams, in their order.
	sessions []detect.SessionRecord
}

// say prints a line of progress. A terminal that is gone stops nothing.
func (d *demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.Out, "[%5.1fs] %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// play feeds the world, has the case decided and prints the alert.
func (d *demo) play(ctx context.Context, log *zap.Logger) error {
	client, err := dial(ctx, d.c)
	if err != nil {
		return err
	}
	defer func() {
		if err := client.Close(); err != nil {
			log.Error("close", zap.Error(err))
		}
	}()
	store, err := d.c.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := store.Close(); err != nil {
			log.Error("close", zap.Error(err))
		}
	}()
	if err := d.feedWorld(ctx, client, store); err != nil {
		return err
	}
	found, err := d.settledCase(ctx, store)
	if err != nil {
		return err
	}
	decision, err := d.decide(ctx, store, found)
	if err != nil {
		return err
	}
	if decision.Verdict != review.Confirm {
		d.say("dismissed: nothing leaves for any centre")
	} else if err := errors.Join(d.printAlert(ctx, decision), d.allOut(ctx, store)); err != nil {
		return err
	}
	if d.Once {
		if !d.Review {
			d.say("where people decide: `bin/vigil demo` serves the console, on http://%s", DefaultConfig("").Review.Listen)
		}
		return nil
	}
	d.say("where people decide: %s", d.consoleAddress())
	d.say("the streams go on; press Ctrl-C to stop")
	return d.goOn(ctx, client)
}

// settledCase waits until the likeliest open case stands still for a second
// after the last input: by then all its evidence has come down the river.
func (d *demo) settledCase(ctx context.Context, store *review.Store) (review.Summary, error) {
	const still, limit = time.Second, 60 * time.Second
	var last review.Summary
	since := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < limit; {
		cases, err := store.List(ctx, review.Filter{States: []review.State{review.StateOpen}, Limit: 1})
		if err != nil {
			return last, err
		}
		if len(cases) > 0 && (cases[0].ID != last.ID || cases[0].Revision != last.Revision) {
			last, since = cases[0], time.Now()
		}
		if last.ID != "" && time.Since(since) >= still {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-tick.C:
		}
	}
	return last, fmt.Errorf("no case came to rest within %s", limit)
}

// decide puts the case before the person at the terminal, or lets the stand-in
// confirm it.
func (d *demo) decide(ctx context.Context, store *review.Store, found review.Summary) (review.Decision, error) {
	reviewer := "stand-in"
	if d.Review {
		reviewer = "terminal"
	}
	who := review.Reviewer(reviewer)
	who.StandIn = !d.Review
	shown, decisions, err := store.Show(ctx, found.ID, who)
	if err != nil {
		return review.Decision{}, err
	}
	d.say("a case waits for a person:")
	if err := printCase(d.Out, shown, decisions); err != nil {
		return review.Decision{}, err
	}
	request := review.Request{
		CaseID: shown.ID, Digest: shown.Digest, Verdict: review.Confirm, Reason: "several-signs",
		By: who,
	}
	if d.Review {
		d.say("decide it here, or on pages: %s", d.consoleAddress())
		decided, err := d.ask(ctx, store, shown.ID, &request)
		if err != nil || decided.ID != "" {
			return decided, err
		}
	} else {
		d.say("no person sits here: a STAND-IN reviewer confirms it, and the alert says so (--review asks you instead)")
	}
	out, err := store.Decide(ctx, request)
	return out.Decision, err
}

// consoleAddress is where the pages are, with the code to sign in with.
func (d *demo) consoleAddress() string {
	code, err := d.c.consoleCode()
	if err != nil {
		return "http://" + d.c.Review.Listen
	}
	return "http://" + d.c.Review.Listen + "/signin?code=" + code
}

// freeLoopback is an address on loopback, or the same with another port if it is taken.
func freeLoopback(addr string) string {
	for _, try := range []string{addr, "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", try); err == nil {
			got := l.Addr().String()
			if l.Close() == nil {
				return got
			}
		}
	}
	return addr
}

// ask reads the verdict of the person at the terminal into the request, or returns the
// decision that was made on the pages meanwhile.
func (d *demo) ask(ctx context.Context, store *review.Store, id string, r *review.Request) (review.Decision, error) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(d.In)
		for in.Scan() {
			select {
			case lines <- strings.ToLower(strings.TrimSpace(in.Text())):
			case <-ctx.Done():
				return
			}
		}
	}()
	const question = "\nconfirm or dismiss? [c/d] "
	if _, err := fmt.Fprint(d.Out, question); err != nil {
		return review.Decision{}, err
	}
	for {
		select {
		case <-ctx.Done():
			return review.Decision{}, ctx.Err()
		case <-tick.C:
			made, ok, err := store.LastDecision(ctx, id)
			if err != nil || ok {
				return made, err
			}
		case line, ok := <-lines:
			switch {
			case !ok:
				return review.Decision{}, errors.New("the terminal closed before anybody decided; nothing was sent")
			case line == "c" || line == "confirm":
				return review.Decision{}, nil
			case line == "d" || line == "dismiss":
				r.Verdict, r.Reason = review.Dismiss, "not-enough-evidence"
				return review.Decision{}, nil
			}
			if _, err := fmt.Fprint(d.Out, question); err != nil {
				return review.Decision{}, err
			}
		}
	}
}

// allOut waits until the alerts to the other centres are in their queues too.
func (d *demo) allOut(ctx context.Context, store *review.Store) error {
	for range 50 {
		all, err := store.QueuedAlerts(ctx, "", review.MaxLimit)
		if err != nil || !slices.ContainsFunc(all, func(f review.Filing) bool { return f.State != review.FilingFiled }) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("not all alerts are in the queues of their centres")
}

// printAlert waits for the alert of a decision in its centre's queue and prints
// it as the centre sees it.
func (d *demo) printAlert(ctx context.Context, decision review.Decision) error {
	table, err := d.c.directory()
	if err != nil {
		return err
	}
	centre := table.Route(decision).Told[0].Centre
	d.say("confirmed; what lies in the queue of %s is encrypted, and opened here with its key", centre.Name)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	got := errors.New("the alert is here")
	err = readInbox(ctx, d.c, InboxOptions{Centre: centre.ID, Follow: true, Out: d.Out}, func() error { return got })
	if !errors.Is(err, got) {
		return fmt.Errorf("the alert did not arrive: %w", err)
	}
	d.say("from start to alert; check the log yourself: bin/vigil audit verify --data %s", d.Data)
	return nil
}
