//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"time"

	"go.uber.org/zap"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/vigil-stream/vigil/internal/app"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/payments/engine"
)

const (
	// partitions are worked through one after the other on one core, and at once on two.
	partitions = 2
	// chunk is how many payments are made before they are worked through, so that to make
	// them is not measured: of each partition, what one fetch brings.
	chunk = fetched
	// bytesEach is what profile_memory has for each account, where that is more than its
	// default: then all that are in use stay in memory.
	bytesEach = 600
	// fetched is about how many transfers one fetch brings.
	fetched = 2500
)

// A bench has the partitions of one run.
type bench struct {
	dir     string
	loop    stream.Loop
	bucket  *blob.Bucket
	traffic traffic
	parts   [partitions]*stream.Offline
	done    [partitions]int64
}

// open makes the profiles of all accounts, by what they pay in 90 days.
func open(ctx context.Context, dir string, from traffic, asked []engine.Typology) (*bench, error) {
	bucket, err := fileblob.OpenBucket(filepath.Join(dir, "checkpoints"), &fileblob.Options{CreateDir: true, NoTempDir: true})
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, bucket: bucket, traffic: from}
	memory := max(app.DefaultConfig("").ProfileMemory, int64(from.accounts())*bytesEach>>20)
	b.loop = app.ProfileLoop(filepath.Join(dir, "state"), bucket, asked, memory, partitions)
	if err := b.openParts(ctx); err != nil {
		return nil, err
	}
	_, err = b.work(ctx, from.warm(), true)
	return b, err
}

// openParts opens all partitions at once, as their owner does.
func (b *bench) openParts(ctx context.Context) error {
	var g errgroup.Group
	for i := range b.parts {
		g.Go(func() (err error) {
			b.parts[i], err = stream.OpenOffline(ctx, b.loop, i, b.done[i], zap.NewNop())
			return err
		})
	}
	return g.Wait()
}

// shelve closes the partitions, each with a checkpoint, and returns how many bytes their
// states had. One goes before the next has a checkpoint: of a large one there is not room
// for all of it twice.
func (b *bench) shelve(ctx context.Context) (bytes int64, err error) {
	for i, p := range b.parts {
		b.parts[i] = nil
		if err := p.Close(ctx); err != nil {
			return 0, err
		}
		dir := filepath.Join(b.dir, "state", b.loop.Name, b.loop.Topic, strconv.Itoa(i))
		n, err := size(dir)
		if err != nil {
			return 0, err
		}
		bytes += n
		if err := os.RemoveAll(dir); err != nil {
			return 0, err
		}
	}
	return bytes, nil
}

// A cost is what payments took.
type cost struct {
	payments int
	cpu      time.Duration
	clock    time.Duration
	signals  int64
}

func (c cost) each(d time.Duration) float64 {
	return float64(d.Nanoseconds()) / float64(c.payments) / 1e3
}

// work makes payments and works through them, on one core or two.
func (b *bench) work(ctx context.Context, n int, both bool) (c cost, err error) {
	before := b.outputs()
	for c.payments < n {
		records, err := render(b.traffic, chunk)
		if err != nil {
			return c, err
		}
		c.payments += chunk
		began, cpu := time.Now(), used()
		var g errgroup.Group
		if !both {
			g.SetLimit(1)
		}
		for i := range b.parts {
			g.Go(func() error { return b.do(ctx, i, records[i]) })
		}
		if err := g.Wait(); err != nil {
			return c, err
		}
		c.clock += time.Since(began)
		c.cpu += used() - cpu
	}
	c.signals = b.outputs() - before
	return c, nil
}

func (b *bench) do(ctx context.Context, part int, records []stream.Ready) error {
	for len(records) > 0 {
		n := min(fetched, len(records))
		if err := b.parts[part].Do(ctx, records[:n]); err != nil {
			return err
		}
		b.done[part] += int64(n)
		records = records[n:]
	}
	if b.parts[part].DeadLetters > 0 {
		return fmt.Errorf("%d transfers were refused", b.parts[part].DeadLetters)
	}
	return nil
}

func (b *bench) outputs() (n int64) {
	for _, p := range b.parts {
		n += p.Outputs
	}
	return n
}

// used is the processor time of this process.
func used() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // with these arguments it has no way to fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func held() int64 {
	var m runtime.MemStats
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// report measures, prints a row a core, and returns what one core and two took.
func (b *bench) report(ctx context.Context, kind string, n int, first *float64, profile string) (took [2]cost, err error) {
	if profile != "" {
		f, err := os.Create(fmt.Sprintf("%s.%s.%d", profile, kind, b.traffic.accounts()))
		if err != nil {
			return took, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return took, err
		}
	}
	runtime.GOMAXPROCS(1)
	one, err := b.work(ctx, n, false)
	runtime.GOMAXPROCS(2)
	pprof.StopCPUProfile()
	if err != nil {
		return took, err
	}
	two, err := b.work(ctx, n, true)
	if err != nil {
		return took, err
	}
	if *first == 0 {
		*first = one.each(one.cpu)
	}
	memory := held()
	disk, err := b.shelve(ctx)
	if err != nil {
		return took, err
	}
	memory -= held()
	began := time.Now()
	if err := b.openParts(ctx); err != nil { // from the checkpoints
		return took, err
	}
	restore := time.Since(began)
	if err := os.RemoveAll(filepath.Join(b.dir, "checkpoints")); err != nil {
		return took, err
	}
	after, err := b.work(ctx, max(chunk, n/3), true)
	if err != nil {
		return took, err
	}
	for i, p := range b.parts {
		b.parts[i] = nil
		if err := p.Leave(); err != nil {
			return took, err
		}
	}
	accounts := float64(b.traffic.accounts())
	for cores, c := range []cost{one, two} {
		fmt.Printf("%-9s %10d %5d | %9.0f %9.2f %9.2f %7.2f | %7.2f |", kind, b.traffic.accounts(), cores+1,
			float64(c.payments)/c.clock.Seconds(), c.each(c.cpu), c.each(c.clock), c.each(c.cpu) / *first, float64(c.signals)/float64(c.payments))
		if cores == 0 {
			fmt.Printf(" %9.0f %9.0f | %9.2f %10.2f", float64(disk)/accounts, float64(memory)/accounts, restore.Seconds()/accounts*1e6, after.each(after.cpu))
		}
		fmt.Println()
	}
	return [2]cost{one, two}, os.RemoveAll(b.dir)
}

// size is how many bytes a folder has.
func size(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	return n, err
}
