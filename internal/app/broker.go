package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/vigil-stream/vigil/internal/stream"
)

// An embedded broker, and the file by which other commands find it.
type embeddedBroker struct {
	broker *stream.Embedded
	addr   string
	file   string
}

// startEmbedded starts the embedded broker of a deployment and writes its
// address beside its data, where `vigil watch` and the others look for it.
func startEmbedded(c *Config) (*embeddedBroker, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	broker, err := stream.StartEmbedded(c.brokerDir(), "")
	if err != nil {
		return nil, err
	}
	e := &embeddedBroker{broker: broker, addr: broker.Addr(), file: c.path("broker.addr")}
	if err := os.WriteFile(e.file, []byte(e.addr+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the broker's address: %w", err), broker.Close())
	}
	return e, nil
}

func (e *embeddedBroker) close() error { return errors.Join(os.Remove(e.file), e.broker.Close()) }

// dial connects a short-lived command to the deployment's broker, and sees to it
// that the topics it uses are there.
func dial(ctx context.Context, c Config, topics ...string) (*stream.Client, error) {
	return dialWith(ctx, c, prometheus.NewRegistry(), zap.NewNop(), topics...)
}

// dialWith connects to the brokers of the configuration, or to the embedded one
// of a running `vigil run`.
func dialWith(ctx context.Context, c Config, reg prometheus.Registerer, log *zap.Logger, topics ...string) (*stream.Client, error) {
	brokers := c.Brokers
	if len(brokers) == 0 {
		addr, err := os.ReadFile(c.path("broker.addr"))
		if err != nil {
			return nil, fmt.Errorf("no brokers are configured, and no embedded broker runs on %s: start `vigil run` first, or set brokers in vigil.yaml", c.Data)
		}
		brokers = []string{strings.TrimSpace(string(addr))}
	}
	client, err := connectTo(ctx, c, brokers, reg, log)
	if err != nil {
		return nil, err
	}
	if err := checkTopics(ctx, client, topics...); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

func connectTo(ctx context.Context, c Config, brokers []string, reg prometheus.Registerer, log *zap.Logger) (*stream.Client, error) {
	return stream.Connect(ctx, stream.Config{
		Brokers: brokers, Prefix: c.Prefix, ClientID: "vigil", Logger: log, Registerer: reg, SessionTimeout: c.SessionTimeout,
	})
}

// checkTopics says how to make the topics that are missing.
func checkTopics(ctx context.Context, client *stream.Client, topics ...string) error {
	if err := client.CheckTopics(ctx, topics...); err != nil {
		return fmt.Errorf("%w: make them with `vigil topics create`", err)
	}
	return nil
}
