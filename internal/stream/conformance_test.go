package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// The scenarios of this file and of conformance_state_test.go run the same on
// the embedded broker and on real Kafka.

func TestOrderWithinAKey(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 4}, TopicSpec{Name: "out", Partitions: 4})
		for from := 0; from < 60; from += 20 {
			var outs []Output
			for key := range 7 {
				outs = append(outs, numbered("in", fmt.Sprint(key), from, from+20)...)
			}
			w.produce(outs...)
		}
		w.run(w.c, Loop{Name: "echo", Topic: "in", Handle: func(_ context.Context, m Message, s State) ([]Output, error) {
			if s != nil {
				return nil, reject("state", "a loop without state got one")
			}
			return echo(m), nil
		}})
		w.inOrder(w.awaitIDs("out", 7*60))
		// They are on the topic before the loop knows that they are, and counts them.
		w.until("the last records are counted", func() bool { return metric(w.c.metrics.records, "echo") >= 7*60 })
		if got := metric(w.c.metrics.records, "echo"); got != 7*60 {
			t.Errorf("%v records are counted, want %d", got, 7*60)
		}
	})
}

func TestRebalanceLosesNothing(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 4}, TopicSpec{Name: "out", Partitions: 4})
		var handled [2]atomic.Int64
		member := func(n int) Loop {
			return Loop{Name: "echo", Topic: "in", StateDir: t.TempDir(), Handle: func(ctx context.Context, m Message, s State) ([]Output, error) {
				handled[n].Add(1)
				return count(ctx, m, s)
			}}
		}
		total := 0
		feed := func() {
			for key := range 8 {
				w.produce(numbered("in", fmt.Sprint(key), total, total+10)...)
			}
			total += 10
		}
		feed()
		first := w.run(w.c, member(0))
		w.awaitIDs("out", 8*total)

		second := w.run(w.connect(), member(1))
		w.until("the second member's share", func() bool { feed(); return handled[1].Load() > 0 })
		w.awaitIDs("out", 8*total)

		first.stop()
		before := handled[1].Load()
		feed()
		w.inOrder(w.awaitIDs("out", 8*total))
		second.stop()
		if handled[1].Load() < before+80 {
			t.Errorf("the second member handled %d of the last 80 records", handled[1].Load()-before)
		}
	})
}

func TestRestartGoesOnFromTheCommittedOffset(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		loop := Loop{Name: "echo", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) { return echo(m), nil }}
		w.produce(numbered("in", "a", 0, 20)...)
		job := w.run(w.c, loop)
		w.awaitIDs("out", 20)
		job.stop()
		if got := w.committed("echo", "in", 0); got != 20 {
			t.Fatalf("offset %d is committed after the stop, want 20", got)
		}
		w.produce(numbered("in", "a", 20, 40)...)
		w.run(w.c, loop)
		if all := w.awaitIDs("out", 40); len(all) != 40 {
			t.Errorf("%d records in out: a clean stop repeats nothing, want 40", len(all))
		}
	})
}

func TestStopFinishesWhatIsInHand(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		w.produce(numbered("in", "a", 0, 30)...)
		reached := make(chan struct{})
		var last atomic.Value
		job := w.run(w.c, Loop{Name: "echo", Topic: "in", Handle: func(ctx context.Context, m Message, _ State) ([]Output, error) {
			if string(m.Data) == "10" {
				close(reached)
				<-ctx.Done() // in the middle of a record when asked to stop
				return nil, ctx.Err()
			}
			last.Store(string(m.Data))
			return echo(m), nil
		}})
		<-reached
		job.stop()
		if last.Load() != "9" || w.committed("echo", "in", 0) != 10 || len(w.all("out")) != 10 {
			t.Errorf("last handled %v, committed %d, %d in out; want 9, 10, 10", last.Load(), w.committed("echo", "in", 0), len(w.all("out")))
		}
	})
}

// errCrash stands for a process that is no more.
var errCrash = errors.New("crash")

func TestCrashBetweenProduceAndCommit(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		for _, step := range []string{"produced", "stored"} {
			for _, stateful := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/stateful=%v", step, stateful), func(t *testing.T) {
					w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
					w.produce(numbered("in", "a", 0, 25)...)
					loop := Loop{Name: "count", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) { return echo(m), nil }}
					if stateful {
						loop.StateDir, loop.Handle = t.TempDir(), count
					}
					crashed := make(chan struct{})
					var once sync.Once
					dying := loop
					dying.inject = func(at string) error {
						if at != step {
							return nil
						}
						once.Do(func() { close(crashed) })
						return errCrash
					}
					first := w.run(w.c, dying)
					<-crashed
					first.stop()
					if got := w.committed("count", "in", 0); got > 0 {
						t.Fatalf("offset %d is committed before its effect", got)
					}
					produced := len(w.all("out"))
					if produced == 0 {
						t.Fatal("nothing was produced before the crash")
					}

					second := w.run(w.c, loop)
					w.until("the commit", func() bool { return w.committed("count", "in", 0) == 25 })
					w.produce(numbered("in", "a", 25, 26)...)
					all := w.awaitIDs("out", 26)
					second.stop()
					w.inOrder(all)
					repeats := len(all) - 26
					if wantNone := stateful && step == "stored"; wantNone != (repeats == 0) {
						t.Errorf("%d outputs are repeated", repeats)
					}
					if stateful {
						want := []string{"next=" + fmt.Sprintf("%016x", 26), "sa=" + fmt.Sprintf("%x", "26")}
						if got := contents(t, loop.StateDir, loop, 0); strings.Join(got, " ") != strings.Join(want, " ") {
							t.Errorf("state is %v, want %v", got, want)
						}
					}
				})
			}
		}
	})
}

func TestBadRecordsGoToTheDeadLettersAndGoodOnesOn(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		w.produce(numbered("in", "a", 0, 6)...)
		w.raw("in", 0, kafka.Record{Key: kafka.NewBytes([]byte("k")), Value: kafka.NewBytes([]byte("no event")), Headers: []kafka.Header{header("secret", "x")}})
		w.produce(numbered("in", "a", 6, 8)...)
		dir := t.TempDir()
		loop := Loop{Name: "count", Topic: "in", StateDir: dir, Handle: func(ctx context.Context, m Message, s State) ([]Output, error) {
			outs, err := count(ctx, m, s)
			switch string(m.Data) {
			case "1": // its outputs are produced, its changes of state are not kept
				outs[0].Event.Data = []byte("rejected")
				return outs, fmt.Errorf("frame: %w", reject("too-dull", "the place and the fault"))
			case "3":
				panic("personal data")
			case "4":
				var none []int
				none[len(m.Data)] = 1
			case "5":
				outs[0].Event.Data = make([]byte, testMaxMessage)
			}
			return outs, err
		}}
		job := w.run(w.c, loop)
		letters := w.awaitIDs(DeadLetters, 5)
		out := w.awaitIDs("out", 5)
		w.until("the commit", func() bool { return w.committed("count", "in", 0) == 9 })
		job.stop()

		var given []string
		for _, m := range out {
			given = append(given, string(m.Data))
		}
		if got := strings.Join(given, " "); got != "0 rejected 1 2 3" {
			t.Errorf("outputs %q: state of a bad record was kept, or a good record lost", got)
		}
		for i, want := range []struct{ reason, text, offset, original, value string }{
			{"too-dull", "the place and the fault", "1", "a-0001", "1"},
			{"panic", "a string", "3", "a-0003", "3"},
			{"panic", "index out of range", "4", "a-0004", "4"},
			{"oversize", "the limit is", "5", "a-0005", "5"},
			{"cloudevents", "ce_specversion", "6", "", "no event"},
		} {
			h := letters[i].Headers
			if h["vigil-reason"] != want.reason || !strings.Contains(h["vigil-error"], want.text) || h["vigil-offset"] != want.offset ||
				h["vigil-topic"] != "in" || h["vigil-partition"] != "0" || h["vigil-loop"] != "count" ||
				h["original-ce_id"] != want.original || string(letters[i].Data) != want.value {
				t.Errorf("dead letter %d is %v with value %q, want %v", i, h, letters[i].Data, want)
			}
			for name, value := range h {
				if strings.Contains(value, "personal data") || strings.Contains(name, "secret") {
					t.Errorf("dead letter %d says %s: %s", i, name, value)
				}
			}
			if got := metric(w.c.metrics.deadLetters, "count", want.reason); got < 1 {
				t.Errorf("no dead letter is counted for %s", want.reason)
			}
		}

		// Another owner makes the same letters, with the same ids.
		again := loop
		again.Name, again.StateDir = "other", t.TempDir()
		w.run(w.c, again)
		w.awaitIDs(DeadLetters, 10)
	})
}

func TestPassingErrorStopsThePartitionUntilItPasses(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		w.produce(numbered("in", "a", 0, 10)...)
		var mended atomic.Bool
		var failed atomic.Int64
		w.run(w.c, Loop{Name: "echo", Topic: "in", StuckAfter: time.Millisecond, Handle: func(_ context.Context, m Message, _ State) ([]Output, error) {
			if string(m.Data) == "4" && !mended.Load() {
				failed.Add(1)
				return nil, errors.New("the look-up failed")
			}
			return echo(m), nil
		}})
		w.until("three attempts", func() bool { return failed.Load() >= 3 })
		w.until("not ready", func() bool { return contains(w.c.Ready(), "echo: in/0: at offset 4") })
		if all := w.awaitIDs("out", 4); len(all) != 4 {
			t.Errorf("%d outputs before the fault has passed, want 4", len(all))
		}
		if got := w.committed("echo", "in", 0); got != 4 {
			t.Errorf("offset %d is committed, want 4", got)
		}
		mended.Store(true)
		w.inOrder(w.awaitIDs("out", 10))
		w.until("ready", func() bool { return w.c.Ready() == nil })
		if got := metric(w.c.metrics.retries, "echo"); got < 3 {
			t.Errorf("%v retries are counted, want 3 at least", got)
		}
	})
}

func TestOversizeRecordsAreNamed(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr,
			TopicSpec{Name: "in", Partitions: 1},
			TopicSpec{Name: "narrow", Partitions: 1, Config: map[string]string{"max.message.bytes": "5000"}})
		big := func(topic string, size int) Output {
			return Output{Topic: topic, Event: Event{ID: "big-one", Source: "test", Type: "t", Key: "a", Data: make([]byte, size)}}
		}
		err := w.c.Produce(t.Context(), append(numbered("in", "a", 0, 3), big("in", testMaxMessage))...)
		if reason, is := permanentReason(err); !is || reason != "oversize" || !contains(err, "big-one", "in", "262144") {
			t.Errorf("got %v, want an error that names topic, id and limit", err)
		}
		if all := w.all("in"); len(all) != 0 {
			t.Errorf("%d records were produced with it", len(all))
		}
		if err := w.c.Produce(t.Context(), big("in", testMaxMessage-1000)); err != nil {
			t.Errorf("just below the limit: %v", err)
		}
		err = w.c.Produce(t.Context(), big("narrow", 6000))
		if reason, is := permanentReason(err); !is || reason != "oversize" || !contains(err, "big-one", "narrow") {
			t.Errorf("beyond the topic's own limit: got %v", err)
		}
		// Together beyond the topic's limit and each within it.
		w.produce(numbered("narrow", "a", 0, 200)...)
		all := w.all("narrow")
		if w.inOrder(all); len(once(all)) != 200 {
			t.Errorf("%d of 200 records in a topic of small batches", len(all))
		}
	})
}

func TestReadAndFollow(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 3}, TopicSpec{Name: "empty", Partitions: 2})
		w.produce(numbered("in", "a", 0, 5)...)
		w.produce(numbered("in", "b", 0, 5)...)
		w.raw("in", 0, kafka.Record{Value: kafka.NewBytes([]byte("no event"))})
		if all := w.all("in"); len(all) != 10 {
			t.Errorf("ReadAll returns %d messages, want 10", len(all))
		}
		if got := metric(w.c.metrics.skipped, "in"); got != 1 {
			t.Errorf("%v unreadable records are counted, want 1", got)
		}
		if all := w.all("empty"); len(all) != 0 {
			t.Errorf("an empty topic has %d messages", len(all))
		}
		errStop := errors.New("stop")
		if err := w.c.ReadAll(t.Context(), "in", func(Message) error { return errStop }); !errors.Is(err, errStop) {
			t.Errorf("ReadAll returns %v, want the function's error", err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		var seen []Message
		followed := make(chan error, 1)
		enough := make(chan struct{})
		go func() {
			followed <- w.c.Follow(ctx, "in", func(m Message) error {
				if seen = append(seen, m); len(seen) == 10 {
					close(enough)
				}
				if len(seen) == 13 {
					cancel()
				}
				return nil
			})
		}()
		<-enough
		w.produce(numbered("in", "c", 0, 3)...)
		if err := <-followed; err != nil {
			t.Errorf("Follow returns %v, want nil", err)
		}
		w.inOrder(seen)
	})
}

func TestOutputsForEveryPartition(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 3})
		out := numbered("in", "a", 0, 2)
		out[1].Everywhere = true
		w.produce(out...)
		perPartition := map[int]int{}
		for _, m := range w.all("in") {
			if m.ID == out[1].Event.ID {
				perPartition[m.Partition]++
			}
		}
		if fmt.Sprint(perPartition) != "map[0:1 1:1 2:1]" {
			t.Errorf("copies a partition: %v, want one in each of 3", perPartition)
		}
	})
}

func TestFollowNewBeginsAtTheEnd(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 3})
		w.produce(numbered("in", "old", 0, 9)...)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began := make(chan struct{})
		seen := make(chan string, 20)
		ended := make(chan error, 1)
		go func() {
			ended <- w.c.FollowNew(ctx, "in", func() { close(began) }, func(m Message) error {
				seen <- m.Key
				return nil
			})
		}()
		<-began
		w.produce(numbered("in", "new", 0, 3)...)
		for range 3 {
			if key := <-seen; key != "new" {
				t.Errorf("got a record of key %q, which was there before", key)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestFollowRecentBeginsALittleBefore(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1})
		w.produce(numbered("in", "k", 0, 9)...)
		for back, want := range map[int64]int{0: 0, 4: 4, 100: 9} {
			ctx, cancel := context.WithCancel(t.Context())
			began := make(chan struct{})
			seen := make(chan int64, 20)
			ended := make(chan error, 1)
			go func() {
				ended <- w.c.FollowRecent(ctx, "in", back, func() { close(began) }, func(m Message) error {
					seen <- m.Offset
					return nil
				})
			}()
			<-began
			var first int64
			for i := range want {
				if offset := <-seen; i == 0 {
					first = offset
				}
			}
			if want > 0 && first != int64(9-want) {
				t.Errorf("%d back begins with offset %d", back, first)
			}
			cancel()
			if err := <-ended; err != nil || len(seen) > 0 {
				t.Error(len(seen), err)
			}
		}
	})
}

func TestCompressedBatchesAndABomb(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr,
			TopicSpec{Name: "in", Partitions: 1, Config: map[string]string{"compression.type": "producer", "max.message.bytes": "4000000"}},
			TopicSpec{Name: "out", Partitions: 1})
		event := func(id string, size int) kafka.Record {
			return kafka.Record{Value: kafka.NewBytes(make([]byte, size)), Headers: []kafka.Header{
				header("ce_specversion", "1.0"), header("ce_id", id), header("ce_source", "s"), header("ce_type", "t"),
			}}
		}
		codecs := []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd}
		for _, codec := range codecs {
			w.raw("in", codec, event(fmt.Sprintf("%v-1", codec), 1000), event(fmt.Sprintf("%v-2", codec), 1000))
		}
		for _, codec := range codecs[1:] {
			w.raw("in", codec, event("bomb", 5*testMaxMessage))
		}
		w.raw("in", kafka.Zstd, event("after", 10))
		w.run(w.c, Loop{Name: "echo", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) {
			m.Data = []byte(fmt.Sprint(len(m.Data)))
			return echo(m), nil
		}})
		w.awaitIDs("out", 11)
		for _, letter := range w.awaitIDs(DeadLetters, 4) {
			if h := letter.Headers; h["vigil-reason"] != "batch" || !strings.Contains(h["vigil-error"], "decompresses to more than") {
				t.Errorf("dead letter of a bomb: %v", h)
			}
		}
	})
}
