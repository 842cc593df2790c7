package simulate

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/signal"
)

// Write writes the world into a folder that is empty or not there, parts at once on as
// many workers, and tells each part that is done.
func (w *World) Write(ctx context.Context, dir string, workers int, done func(part, of int)) (map[Topic]int, error) {
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return nil, fmt.Errorf("%s: is not empty", dir)
	}
	if err := os.MkdirAll(filepath.Join(dir, listsDir), 0o700); err != nil {
		return nil, err
	}
	for i, name := range listNames {
		text := strings.Join(w.lists.text(i, w.o.Seed), "\n") + "\n"
		if err := os.WriteFile(filepath.Join(dir, listsDir, name+".txt"), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ratesFile), ratesTable(w.o.Start, w.o.Days), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte(hex.EncodeToString(w.o.Key)+"\n"), 0o600); err != nil {
		return nil, err
	}

	var mu sync.Mutex
	var errs []error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	counts := make(map[Topic]int)
	parts := make(chan int)
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for i := range parts {
				n, err := w.writePart(dir, i)
				mu.Lock()
				for topic, count := range n {
					counts[topic] += count
				}
				if err != nil {
					errs = append(errs, fmt.Errorf("part %d: %w", i, err))
					cancel()
				} else if done != nil {
					done(i, w.Parts())
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < w.Parts() && ctx.Err() == nil; i++ {
		select {
		case parts <- i:
		case <-ctx.Done():
		}
	}
	close(parts)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(w.manifest(counts), "", "  ")
	if err != nil {
		return nil, err
	}
	// Last: a folder without it is no whole world.
	return counts, os.WriteFile(filepath.Join(dir, manifestFile), append(data, '\n'), 0o600)
}

func partDir(i int) string { return fmt.Sprintf("part-%04d", i) }

// frameForm is a frame of hashes in frames.jsonl: the attributes of the topic and its value.
type frameForm struct {
	ID       string          `json:"id"`
	Stream   string          `json:"stream"`
	Platform string          `json:"platform"`
	Subject  string          `json:"subject"`
	At       string          `json:"at"`
	Hash     json.RawMessage `json:"hash"`
}

func (w *World) writePart(dir string, i int) (counts map[Topic]int, err error) {
	p := w.Part(i)
	base, labels := filepath.Join(dir, partDir(i)), filepath.Join(dir, labelsDir, partDir(i))
	for _, d := range []string{base, labels} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	files := folder{base: base, open: make(map[string]*file)}
	defer func() { err = errors.Join(err, files.close()) }()

	counts = make(map[Topic]int)
	byBank := make(map[string][]payments.Transaction)
	for _, it := range p.items() {
		if it.topic == 0 {
			if tx := p.transaction(it.index); w.sendsXML(tx.Institution) {
				byBank[tx.Institution] = append(byBank[tx.Institution], tx)
				counts[Transactions]++
				continue
			}
		}
		r, err := p.render(it)
		if err != nil {
			return nil, err
		}
		counts[r.Topic]++
		line := r.Data
		if r.Topic == Frames {
			if line, err = signal.Marshal(frameForm{
				ID: r.Frame.ID, Stream: r.Frame.Stream, Platform: r.Frame.Platform, Subject: string(r.Frame.Subject),
				At: r.Frame.At.Format(timeForm), Hash: r.Data,
			}); err != nil {
				return nil, err
			}
		}
		if err := files.line(string(r.Topic)+".jsonl", line); err != nil {
			return nil, err
		}
	}
	for bank, txs := range byBank {
		if err := writeBank(filepath.Join(base, "bank-"+strings.ReplaceAll(bank, " ", "-")+".xml"), txs); err != nil {
			return nil, err
		}
	}
	return counts, w.writeLabels(labels, p.Labels())
}

func writeBank(name string, txs []payments.Transaction) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := iso20022.WritePacs008(b, txs); err != nil {
		return err
	}
	return b.Flush()
}

func (w *World) writeLabels(dir string, l Labels) (err error) {
	files := folder{base: dir, open: make(map[string]*file)}
	defer func() { err = errors.Join(err, files.close()) }()
	order := make([]int, len(l.People))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(l.People[a].Person, l.People[b].Person) })
	for _, i := range order {
		line, err := signal.Marshal(l.People[i])
		if err != nil {
			return err
		}
		if err := files.line(peopleFile, line); err != nil {
			return err
		}
	}
	for _, n := range l.Networks {
		line, err := signal.Marshal(n)
		if err != nil {
			return err
		}
		if err := files.line(networkFile, line); err != nil {
			return err
		}
	}
	return nil
}

// A folder writes lines into several files.
type folder struct {
	base string
	open map[string]*file
}

type file struct {
	f *os.File
	b *bufio.Writer
}

func (d folder) line(name string, line []byte) error {
	f := d.open[name]
	if f == nil {
		out, err := os.OpenFile(filepath.Join(d.base, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		f = &file{out, bufio.NewWriterSize(out, 1<<16)}
		d.open[name] = f
	}
	if _, err := f.b.Write(line); err != nil {
		return err
	}
	return f.b.WriteByte('\n')
}

func (d folder) close() error {
	var errs []error
	for _, f := range d.open {
		errs = append(errs, f.b.Flush(), f.f.Close())
	}
	return errors.Join(errs...)
}
