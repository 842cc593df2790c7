package stream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

func bucket(t *testing.T, dir string) *blob.Bucket {
	t.Helper()
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// checkpointFiles returns the checkpoints below dir, oldest first.
func checkpointFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func TestStateOfANewOwnerEqualsThatOfAnUndisturbedOne(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		shelf := t.TempDir()
		var handled atomic.Int64
		loop := Loop{Name: "count", Topic: "in", Checkpoints: bucket(t, shelf), CheckpointEvery: 10,
			Handle: func(ctx context.Context, m Message, s State) ([]Output, error) {
				handled.Add(1)
				return count(ctx, m, s)
			}}
		total := 0
		// owner runs the loop in a new folder over 20 more records of each of
		// three keys, and returns what it left and how many records it handled.
		owner := func() ([]string, int64) {
			t.Helper()
			loop.StateDir = t.TempDir()
			for key := range 3 {
				w.produce(numbered("in", fmt.Sprint(key), total, total+20)...)
			}
			total += 20
			handled.Store(0)
			job := w.run(w.c, loop)
			w.until("the commit", func() bool { return w.committed("count", "in", 0) == int64(3*total) })
			job.stop()
			return contents(t, loop.StateDir, loop, 0), handled.Load()
		}
		damage := func(files []string) {
			t.Helper()
			for _, name := range files {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, data[:len(data)-1], 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}

		owner()
		if _, n := owner(); n != 60 {
			t.Errorf("the second owner handled %d records, want the 60 new ones", n)
		}
		files := checkpointFiles(t, shelf)
		if len(files) != keepCheckpoints || !strings.HasSuffix(files[1], "/count/in/0/00000000000000000120") {
			t.Errorf("checkpoints are %v, want the last two, up to offset 120", files)
		}
		damage(files[1:])
		if _, n := owner(); n <= 60 || n >= 180 {
			t.Errorf("with the newest checkpoint damaged %d records were handled, want those from the one before", n)
		}
		damage(checkpointFiles(t, shelf))
		last, n := owner()
		if n != 240 {
			t.Errorf("with every checkpoint damaged %d records were handled, want all 240", n)
		}

		if got := metric(w.c.metrics.records, "count"); got != 240 {
			t.Errorf("%v records are counted, want 240: a replay counts nothing again", got)
		}
		all := w.all("out")
		if w.inOrder(all); len(all) != 240 {
			t.Errorf("%d outputs, want 240: a replay produces nothing again", len(all))
		}
		undisturbed := loop
		undisturbed.Name, undisturbed.StateDir, undisturbed.Checkpoints = "undisturbed", t.TempDir(), nil
		job := w.run(w.c, undisturbed)
		w.until("the commit", func() bool { return w.committed("undisturbed", "in", 0) == 240 })
		job.stop()
		if want := contents(t, undisturbed.StateDir, undisturbed, 0); !slices.Equal(last, want) {
			t.Errorf("state after all that is %v, want %v", last, want)
		}
	})
}

func TestStaleLocalStateIsCaughtUpAndNotTrusted(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1}, TopicSpec{Name: "out", Partitions: 1})
		shelf := bucket(t, t.TempDir())
		old, other := t.TempDir(), t.TempDir()
		loop := Loop{Name: "count", Topic: "in", Checkpoints: shelf, Handle: count}
		until := func(dir string, from, to int) {
			t.Helper()
			w.produce(numbered("in", "a", from, to)...)
			loop.StateDir = dir
			job := w.run(w.c, loop)
			w.until("the commit", func() bool { return w.committed("count", "in", 0) == int64(to) })
			job.stop()
		}
		until(old, 0, 10)
		until(other, 10, 20)
		until(old, 20, 30) // its own store is at 10, the group at 20
		w.forget("in", 0, 25)
		until(other, 30, 40) // its own store is at 20, the log begins at 25, a checkpoint is at 30
		all := w.all("out")
		if w.inOrder(all); len(all) != 40 {
			t.Errorf("%d outputs, want 40", len(all))
		}
		if got, want := contents(t, other, loop, 0)[1], "sa="+fmt.Sprintf("%x", "40"); got != want {
			t.Errorf("state is %s, want %s", got, want)
		}
	})
}

func TestRetentionThatOvertakesALoopStopsItLoudly(t *testing.T) {
	onBrokers(t, func(t *testing.T, addr string) {
		w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 1})
		outs := numbered("in", "a", 0, 30)
		for i := range outs {
			outs[i].Event.Data = make([]byte, 200<<10) // together more than one fetch
		}
		w.produce(outs...)
		reached, release := make(chan struct{}), make(chan struct{})
		var last atomic.Int64
		job := w.run(w.c, Loop{Name: "slow", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) {
			if m.Offset == 0 {
				close(reached)
				<-release
			}
			last.Store(m.Offset)
			return nil, nil
		}})
		<-reached
		w.forget("in", 0, 29)
		close(release)
		w.until("not ready", func() bool { return contains(w.c.Ready(), "slow: in/0 has stopped", "does not hold the offset") })
		job.stop()
		if n := last.Load(); n >= 29 || w.committed("slow", "in", 0) != n+1 {
			t.Errorf("record %d was handled last and offset %d is committed: lost records were passed over", n, w.committed("slow", "in", 0))
		}
	})
}

func TestLostRecordsStopThePartitionLoudly(t *testing.T) {
	for name, stateful := range map[string]bool{"without state": false, "with state lost": true} {
		t.Run(name, func(t *testing.T) {
			onBrokers(t, func(t *testing.T, addr string) {
				w := newTown(t, addr, TopicSpec{Name: "in", Partitions: 2}, TopicSpec{Name: "out", Partitions: 1})
				var key [2]string // one for each partition
				for i := 0; key[0] == "" || key[1] == ""; i++ {
					p := choose(outgoing{topic: "in", msg: kafkaKey(fmt.Sprint(i))}, []int{0, 1})
					key[p] = fmt.Sprint(i)
				}
				loop := Loop{Name: "echo", Topic: "in", Handle: func(_ context.Context, m Message, _ State) ([]Output, error) { return echo(m), nil }}
				if stateful {
					loop.StateDir = t.TempDir()
				}
				w.produce(numbered("in", key[0], 0, 10)...)
				job := w.run(w.c, loop)
				w.until("the commit", func() bool { return w.committed("echo", "in", 0) == 10 })
				job.stop()

				w.produce(numbered("in", key[0], 10, 20)...)
				w.forget("in", 0, 15)
				if stateful {
					loop.StateDir = t.TempDir()
				}
				job = w.run(w.c, loop)
				w.until("not ready", func() bool { return contains(w.c.Ready(), "echo: in/0 has stopped", "the log begins") })
				w.produce(numbered("in", key[1], 0, 5)...)
				w.awaitIDs("out", 15) // the other partition goes on
				job.stop()
				if got := w.committed("echo", "in", 0); got != 10 {
					t.Errorf("the stopped partition's offset went to %d", got)
				}
				if got := metric(w.c.metrics.lost, "echo"); got != 1 {
					t.Errorf("%v losses are counted, want 1", got)
				}
				if err := w.c.Ready(); err != nil {
					t.Errorf("not ready when the loop has stopped: %v", err)
				}
			})
		})
	}
}
