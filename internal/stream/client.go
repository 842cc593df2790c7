package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/zap"
)

// Config says how to reach the brokers. Brokers is required.
type Config struct {
	Brokers []string // host:port of some of the brokers; the rest are found through them
	// Prefix goes before the name of every topic and consumer group.
	Prefix string
	// ClientID names this process in the brokers' logs; "vigil" when empty.
	ClientID string
	// Logger gets ids, offsets and counts, never data; nil logs nothing.
	Logger *zap.Logger
	// Registerer gets the metrics; nil keeps none.
	Registerer prometheus.Registerer
	// MaxMessage is the largest record, in bytes, with its key, headers and
	// what Kafka adds; DefaultMaxMessage when 0.
	MaxMessage int
	// SessionTimeout is how long a group waits for a member that is silent
	// before it gives its partitions to others; 30 s when 0. Brokers take no
	// less than 6 s by default.
	SessionTimeout time.Duration
}

// DefaultMaxMessage fits a frame of 8 MiB and its headers.
const DefaultMaxMessage = 8<<20 + 64<<10

// A Client talks to one Kafka cluster. It is safe for concurrent use.
type Client struct {
	cfg       Config
	addr      net.Addr
	transport *kafka.Transport
	admin     *kafka.Client
	log       *zap.Logger
	metrics   *metrics

	mu      sync.Mutex
	running map[*progress]struct{} // of every partition in hand
}

// Connect returns a client once a broker answers; it tries until ctx ends, or
// for 30 s when ctx has no deadline.
func Connect(ctx context.Context, cfg Config) (*Client, error) {
	if len(cfg.Brokers) == 0 || slices.Contains(cfg.Brokers, "") {
		return nil, errors.New("stream: brokers: at least one host:port is needed, and none may be empty")
	}
	if cfg.MaxMessage != 0 && (cfg.MaxMessage < 64<<10 || cfg.MaxMessage > 256<<20) {
		return nil, fmt.Errorf("stream: max message: %d bytes, and it must be 0 (the default) or from 64 KiB to 256 MiB", cfg.MaxMessage)
	}
	if cfg.ClientID == "" {
		cfg.ClientID = "vigil"
	}
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = DefaultMaxMessage
	}
	if cfg.SessionTimeout == 0 {
		cfg.SessionTimeout = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("stream: register metrics: %w", err)
	}
	c := &Client{
		cfg:       cfg,
		addr:      kafka.TCP(cfg.Brokers...),
		transport: &kafka.Transport{ClientID: cfg.ClientID},
		log:       cfg.Logger,
		metrics:   m,
		running:   map[*progress]struct{}{},
	}
	c.admin = &kafka.Client{Addr: c.addr, Transport: c.transport, Timeout: requestTimeout}

	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
	}
	var last error
	err = forever(ctx, func(ctx context.Context, attempt int) error {
		if last = c.ping(ctx); last != nil {
			c.log.Warn("no broker answers yet", zap.Int("attempt", attempt), zap.Error(last))
		}
		return last
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stream: no broker of %v answers: %w", cfg.Brokers, errors.Join(err, last)), c.Close())
	}
	return c, nil
}

// Close closes the connections. Loops must have been stopped before.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	c.metrics.unregister(c.cfg.Registerer)
	return nil
}

// ping asks one broker something that kafka-go does not answer from its cache.
func (c *Client) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	answer, err := c.admin.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err != nil {
		return err
	}
	return answer.Error
}

// Ready returns nil when a broker answers and no partition of a running loop
// stands still: for a fault that is retried, for a handler that does not
// return, or because the log does not reach back to what the loop needs.
func (c *Client) Ready() error {
	var stuck []error
	c.mu.Lock()
	for p := range c.running {
		stuck = append(stuck, p.stuck())
	}
	c.mu.Unlock()
	if err := c.ping(context.Background()); err != nil {
		stuck = append(stuck, fmt.Errorf("no broker answers: %w", err))
	}
	return errors.Join(stuck...)
}

// track keeps the list that Ready and the watchdogs go by.
func (c *Client) track(p *progress, running bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if running {
		c.running[p] = struct{}{}
	} else {
		delete(c.running, p)
	}
}

// partitionsOf returns the partitions in hand of one loop.
func (c *Client) partitionsOf(loop string) []*progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*progress
	for p := range c.running {
		if p.loop == loop {
			out = append(out, p)
		}
	}
	return out
}
