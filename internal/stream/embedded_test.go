package stream

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestEmbeddedStaysOnLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":9092", "192.0.2.1:9092", "nonsense", "127.0.0.1"} {
		if e, err := StartEmbedded(t.TempDir(), addr); err == nil {
			t.Errorf("%q is accepted", addr)
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLoopOutlastsABrokerThatGoesAway(t *testing.T) {
	dir := t.TempDir()
	broker, err := StartEmbedded(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	addr := broker.Addr()
	w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 2}, TopicSpec{Name: "out", Partitions: 1})
	w.produce(numbered("in", "a", 0, 10)...)
	job := w.run(w.c, Loop{Name: "count", Topic: "in", StateDir: t.TempDir(), Handle: count})
	w.awaitIDs("out", 10)

	if e, err := StartEmbedded(dir, ""); err == nil {
		t.Error("two brokers have one folder")
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(broker.Close(), broker.Close()); err != nil {
		t.Fatal(err)
	}
	if err := w.c.Ready(); !contains(err, "no broker answers") {
		t.Errorf("Ready without a broker says %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := w.c.Produce(ctx, numbered("in", "b", 0, 1)...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Produce without a broker returns %v, want the context's end", err)
	}
	if _, err := Connect(ctx, Config{Brokers: []string{addr}}); !contains(err, addr) {
		t.Errorf("Connect without a broker returns %v, want an error that names it", err)
	}

	if broker, err = StartEmbedded(dir, addr); err != nil {
		t.Fatal(err)
	}
	defer func() {
		job.stop()
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.produce(numbered("in", "a", 10, 20)...)
	w.inOrder(w.awaitIDs("out", 20))
	w.until("ready", func() bool { return w.c.Ready() == nil })
}

func TestHandlerThatHangsIsGivenUp(t *testing.T) {
	w := newTown(t, embedded(t).Addr(), TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
	w.produce(numbered("in", "a", 0, 3)...)
	release := make(chan struct{})
	returned := make(chan struct{})
	hanging := w.run(w.c, Loop{Name: "echo", Topic: "in", StuckAfter: 10 * time.Millisecond, GiveUpAfter: 500 * time.Millisecond,
		Handle: func(_ context.Context, m Message, _ State) ([]Output, error) {
			if string(m.Data) == "1" {
				<-release // deaf to its context
				close(returned)
			}
			return echo(m), nil
		}})
	w.until("not ready", func() bool { return contains(w.c.Ready(), "echo: in/0: at offset 1") })
	if err := hanging.wait(); !contains(err, "the handler has not returned", "at offset 1") {
		t.Errorf("Run returns %v", err)
	}
	hanging.once.Do(func() {}) // it has ended with an error, as it should

	other := w.run(w.connect(), Loop{Name: "echo", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) { return echo(m), nil }})
	w.inOrder(w.awaitIDs("out", 3))
	close(release)
	<-returned
	other.stop()
}

func TestLoopWaitsForItsTopicAndSaysSo(t *testing.T) {
	w := newTown(t, embedded(t).Addr(), TopicSpec{Name: "out", Partitions: 1})
	w.run(w.c, Loop{Name: "echo", Topic: "in", StuckAfter: time.Millisecond,
		Handle: func(_ context.Context, m Message, _ State) ([]Output, error) { return echo(m), nil }})
	w.until("not ready", func() bool { return contains(w.c.Ready(), "echo: in: for", "not there yet") })
	for _, want := range []int{1, 0} { // to create again changes nothing
		if created, err := w.c.CreateTopics(t.Context(), []TopicSpec{{Name: "in", Partitions: 1}}); err != nil || len(created) != want {
			t.Errorf("created %v, %v; want %d", created, err, want)
		}
	}
	w.produce(numbered("in", "a", 0, 3)...)
	w.awaitIDs("out", 3)
	w.until("ready", func() bool { return w.c.Ready() == nil })
}

func TestConfigurationErrorsAreAllNamed(t *testing.T) {
	c := &Client{}
	err := c.Run(t.Context(), Loop{Name: "a/b", CheckpointEvery: -1})
	if !contains(err, "name:", "topic:", "handle, open:", "checkpoint every") {
		t.Errorf("got %v", err)
	}
	for _, cfg := range []Config{{}, {Brokers: []string{""}}, {Brokers: []string{"x:1"}, MaxMessage: 5}} {
		if _, err := Connect(t.Context(), cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}
