package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/hashdb/pdq"
)

const (
	listName = "bench"
	// near is in how many bits a planted hash differs from its entry.
	near = 20
	// backScenes and backSteps are the pictures that match nothing.
	backScenes, backSteps = 12, 24
	// apart is the least distance of those to what is planted: further than any
	// decoder, mode or turn would move them.
	apart = 48
)

// A list is the entries that both workers look up: uniform codes, but for the hashes of
// the planted pictures, which come last.
type list struct {
	hashes []hashdb.Hash
	number map[string]int // of an entry, by the id that Vigil gives it
}

func newList(n int, pictures []picture) *list {
	l := &list{hashes: make([]hashdb.Hash, n), number: make(map[string]int, n)}
	r := rand.NewChaCha8([32]byte{1})
	for i := range l.hashes {
		h := hashdb.Hash{Kind: hashdb.KindPDQ}
		_, _ = r.Read(h.Bits[:]) // never fails
		l.hashes[i] = h
	}
	for i, p := range pictures {
		l.hashes[n-len(pictures)+i] = p.hash
	}
	for i, h := range l.hashes {
		l.number[h.Entry()] = i
	}
	return l
}

// picture is the number of the entry of a planted picture.
func (l *list) picture(i, pictures int) int { return len(l.hashes) - pictures + i }

// writeCodes writes the list as the peer reads it.
func (l *list) writeCodes(name string) error {
	var b bytes.Buffer
	b.Grow(len(l.hashes) * 32)
	for _, h := range l.hashes {
		b.Write(h.Bits[:])
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

// writeDB writes the list as Vigil reads it.
func (l *list) writeDB(ctx context.Context, dir string) (err error) {
	db, err := hashdb.Open(dir, hashdb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.Import(ctx, hashdb.ImportRequest{Source: listName}, &listReader{hashes: l.hashes})
	return err
}

type listReader struct {
	hashes []hashdb.Hash
	next   int
}

func (r *listReader) Next() (hashdb.Record, error) {
	if r.next == len(r.hashes) {
		return hashdb.Record{}, io.EOF
	}
	r.next++
	return hashdb.Record{Number: r.next, Entries: []hashdb.Entry{{Hash: r.hashes[r.next-1]}}}, nil
}

// A picture is a JPEG and its hash.
type picture struct {
	jpeg []byte
	hash hashdb.Hash
}

// render makes the pictures that match nothing, step after step of each scene, and the
// planted ones, each of a scene of its own.
func render(planted int) (back, plant []picture, err error) {
	back, plant = make([]picture, backScenes*backSteps), make([]picture, planted)
	var g errgroup.Group
	g.SetLimit(2)
	for s := range backScenes {
		g.Go(func() error { return renderScene(uint64(s), back[s*backSteps:(s+1)*backSteps]) })
	}
	for i := range plant {
		g.Go(func() error { return renderScene(uint64(1000+i), plant[i:i+1]) })
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i, p := range plant {
		for _, others := range [][]picture{back, plant[:i]} {
			for _, o := range others {
				if d, _ := p.hash.Distance(o.hash); d < apart {
					return nil, nil, fmt.Errorf("planted picture %d is only %d bits from another", i, d)
				}
			}
		}
	}
	return back, plant, nil
}

func renderScene(seed uint64, into []picture) error {
	s, h := newScene(seed), pdq.New(pdq.Mode512)
	for step := range into {
		data, err := s.jpeg(step)
		if err != nil {
			return err
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return err
		}
		hash, quality, err := hashdb.HashImage(h, hashdb.KindPDQ, img)
		if err != nil {
			return err
		}
		if quality < detect.MinQuality {
			return fmt.Errorf("scene %d has a quality of only %d", seed, quality)
		}
		into[step] = picture{data, hash}
	}
	return nil
}

// flip returns a hash that differs from h in n bits.
func flip(r *rand.Rand, h hashdb.Hash, n int) hashdb.Hash {
	for _, bit := range r.Perm(256)[:n] {
		h.Bits[bit/8] ^= 1 << (bit % 8)
	}
	return h
}

func hashRecord(h hashdb.Hash) ([]byte, error) {
	return detect.HashRecord{Kind: "pdq", Hash: h.String(), Quality: 100}.Encode()
}
