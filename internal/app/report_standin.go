package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/vigil-stream/vigil/api/signin"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
)

// StandInOptions say where a stand-in of the CyberTipline listens, and as whom it knows us.
type StandInOptions struct {
	Listen         string
	User, Password string
	Out            io.Writer
}

// StandIn plays the CyberTipline's reporting API on loopback until ctx ends.
func StandIn(ctx context.Context, o StandInOptions) error {
	if err := signin.CheckLoopback(o.Listen); err != nil {
		return fmt.Errorf("%w: --listen: %w", ErrUsage, err)
	}
	s, err := standin.New(o.User, o.Password, time.Now)
	if err != nil {
		return err
	}
	log, err := newLogger("console", "info")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.Out, "a stand-in of the CyberTipline at http://%s/ispws, which keeps what it gets in memory\n", o.Listen); err != nil {
		return err
	}
	return serveHTTP(ctx, o.Listen, "stand-in", s, log)
}

// FetchSchema writes the schema that the CyberTipline validates by into a file.
func FetchSchema(ctx context.Context, c Config, to string, out io.Writer) error {
	client, err := c.NCMEC.client(nil)
	if err != nil {
		return err
	}
	text, err := client.Schema(ctx)
	if err != nil {
		return err
	}
	if err := writeNew(to, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d bytes; hold a report to it: vigil report explain ALERT --xml | xmllint --noout --schema %s -\n", to, len(text), to)
	return err
}
