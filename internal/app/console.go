package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/review"
	"github.com/vigil-stream/vigil/review/console"
)

// startConsole serves the pages on which people decide: for who signs in with the
// provider, or, where there is none, in development mode, on loopback, for who can read
// the code.
func startConsole(ctx context.Context, g *errgroup.Group, c Config, store *review.Store, log *zap.Logger) error {
	if c.Review.Listen == "none" {
		return nil
	}
	o := console.Options{
		Store: store, Now: time.Now, Life: c.Review.life(), Fault: func(err error) { log.Error("console", zap.Error(err)) },
	}
	o.Bundle = c.bundleForConsole(store)
	var err error
	if o.Frames, err = c.consoleFrames(ctx, store); err != nil {
		return err
	}
	if openID := c.Review.OpenID; openID != nil {
		if o.OpenID, err = openID.provider(); err != nil {
			return fmt.Errorf("review.openid: %w", err)
		}
		o.Address = openID.Address
		g.Go(func() error { return askProvider(ctx, o.OpenID, "console", log) })
	} else {
		if o.Code, err = c.consoleCode(); err != nil {
			return err
		}
		log.Warn("the console is in development mode: who has the code can be anybody", zap.String("code", c.consoleCodeFile()))
	}
	pages, err := console.New(o)
	if err != nil {
		return err
	}
	g.Go(func() error { return serveHTTP(ctx, c.Review.Listen, "console", pages, log) })
	return nil
}

func (c *Config) consoleCodeFile() string { return c.path("console-code") }

// consoleCode is what development mode is signed in with: in a file that its owner alone
// can read, made at first use.
func (c *Config) consoleCode() (string, error) {
	text, err := madeOnce(c.consoleCodeFile(), rand.Text())
	if err != nil {
		return "", fmt.Errorf("console code: %w", err)
	}
	return text, nil
}
