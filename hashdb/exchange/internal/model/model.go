// Package model is a store of lists as small as its description, for tests: what a
// sync leaves behind is compared with what it should, and any write can be made to
// fail, before or after it took effect, as a crash would.
package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vigil-stream/vigil/hashdb"
)

type key struct {
	source string
	hash   hashdb.Hash
	ref    string
}

// Store keeps everything in memory. The zero Store is empty and ready.
type Store struct {
	// Fail is asked before and after each Apply, which are counted from 1; an error
	// that it returns is Apply's.
	Fail func(n int, after bool) error

	mu          sync.Mutex
	n           int
	entries     map[key]hashdb.Entry
	checkpoints map[string][]byte
	lists       map[hashdb.ListID]hashdb.List
	// Batches are the sizes of what was applied.
	Batches []int
}

// ErrCrash is for Fail to return.
var ErrCrash = errors.New("the store crashed")

// Apply is as of hashdb.DB: first what is retracted, then what is listed.
func (s *Store) Apply(ctx context.Context, b hashdb.Batch) (hashdb.Applied, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return hashdb.Applied{}, err
	}
	s.n++
	if s.Fail != nil {
		if err := s.Fail(s.n, false); err != nil {
			return hashdb.Applied{}, err
		}
	}
	if s.entries == nil {
		s.entries, s.checkpoints = map[key]hashdb.Entry{}, map[string][]byte{}
	}
	if b.Source == "" {
		return hashdb.Applied{}, errors.New("a batch has no source")
	}
	for i := range b.Entries {
		if err := b.Entries[i].Check(); err != nil {
			return hashdb.Applied{}, err
		}
	}
	var done hashdb.Applied
	refs := map[string]bool{}
	for _, ref := range b.RetractRefs {
		refs[ref] = true
	}
	for k := range s.entries {
		if k.source == b.Source && refs[k.ref] {
			delete(s.entries, k)
			done.Retracted++
		}
	}
	for _, e := range b.Entries {
		k := key{b.Source, e.Hash, e.Ref}
		_, had := s.entries[k]
		switch {
		case e.Status == hashdb.Retracted && had:
			delete(s.entries, k)
			done.Retracted++
		case e.Status == hashdb.Retracted:
		case had:
			s.entries[k] = e
			done.Known++
		default:
			s.entries[k] = e
			done.Added++
		}
		if _, ok := s.lists[hashdb.ListID{Source: b.Source, Kind: e.Hash.Kind}]; !ok && e.Status != hashdb.Retracted {
			s.setList(hashdb.List{Source: b.Source, Kind: e.Hash.Kind, Radius: e.Hash.Kind.DefaultRadius(), State: hashdb.StateLive})
		}
	}
	if b.Checkpoint.Name != "" {
		s.checkpoints[b.Checkpoint.Name] = slices.Clone(b.Checkpoint.Value)
	}
	s.Batches = append(s.Batches, len(b.Entries)+len(b.RetractRefs))
	if s.Fail != nil {
		if err := s.Fail(s.n, true); err != nil {
			return hashdb.Applied{}, err
		}
	}
	return done, nil
}

// Checkpoint is as of hashdb.DB.
func (s *Store) Checkpoint(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.checkpoints[name])
}

// Follow syncs a source into the store from its checkpoint, as the syncer does.
func (s *Store) Follow(ctx context.Context, source string, sync func(context.Context, []byte, func(hashdb.Batch) error) error) error {
	return sync(ctx, s.Checkpoint(source), func(b hashdb.Batch) error {
		b.Source = source
		if b.Checkpoint.Value != nil {
			b.Checkpoint.Name = source
		}
		_, err := s.Apply(ctx, b)
		return err
	})
}

// SetList is as of hashdb.DB.
func (s *Store) SetList(_ context.Context, l hashdb.List) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := l.Check(); err != nil {
		return err
	}
	s.setList(l)
	return nil
}

func (s *Store) setList(l hashdb.List) {
	if s.lists == nil {
		s.lists = map[hashdb.ListID]hashdb.List{}
	}
	s.lists[l.ID()] = l
}

// Lists is as of hashdb.DB.
func (s *Store) Lists() []hashdb.ListInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []hashdb.ListInfo
	for id, l := range s.lists {
		info := hashdb.ListInfo{List: l}
		for k, e := range s.entries {
			if k.source == id.Source && k.hash.Kind == id.Kind {
				info.Entries++
				if e.Status == hashdb.Disputed {
					info.Disputed++
				}
			}
		}
		all = append(all, info)
	}
	slices.SortFunc(all, func(a, b hashdb.ListInfo) int { return strings.Compare(a.ID().String(), b.ID().String()) })
	return all
}

// Dump describes every entry, one a line, in order.
func (s *Store) Dump() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for k, e := range s.entries {
		at := "-"
		if !e.Time.IsZero() {
			at = e.Time.Format("2006-01-02T15:04:05Z")
		}
		lines = append(lines, fmt.Sprintf("%s/%v %s ref=%q %s parties=%d tags=%q from=%q status=%d\n",
			k.source, k.hash.Kind, k.hash, k.ref, at, e.Parties, e.Tags, e.Provenance, e.Status))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// Checkpoints are all of them.
func (s *Store) Checkpoints() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.checkpoints)
}
