package stream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Embedded is a broker within this process for one machine: franz-go's kfake,
// which speaks Kafka's protocol. Clients reach it over loopback like any other.
// It has no users, no encryption and no replicas.
type Embedded struct {
	cluster *kfake.Cluster
	lock    io.Closer
	once    sync.Once
	err     error
}

// StartEmbedded starts a broker that keeps its data in dir and answers produce
// requests when they are on disc. addr is host:port on loopback, 127.0.0.1 and
// a free port when empty; anything but loopback is refused, since whoever can
// reach the broker may read and write everything. One process may use dir.
func StartEmbedded(dir, addr string) (*Embedded, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("stream: embedded broker: address %q: %w", addr, err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("stream: embedded broker: address %q is not on loopback; for other machines run Kafka", addr)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("stream: embedded broker: %w", err)
	}
	lock, err := vfs.Default.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("stream: embedded broker: its folder is in use: %w", err)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.DataDir(filepath.Join(dir, "broker")),
		kfake.SyncWrites(),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, tcp.String()) }),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stream: embedded broker: %w", err), lock.Close())
	}
	return &Embedded{cluster: cluster, lock: lock}, nil
}

// Addr returns the broker's host:port.
func (e *Embedded) Addr() string { return e.cluster.ListenAddrs()[0] }

// Close stops the broker; its data stays. Closing twice is harmless.
func (e *Embedded) Close() error {
	e.once.Do(func() {
		e.cluster.Close()
		e.err = e.lock.Close()
	})
	return e.err
}
