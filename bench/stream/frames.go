package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/hashdb"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/signal"
)

const (
	partitions = 2
	streams    = 64 // in the backlog, as many to each partition
	platform   = "bench"
	// every is how many frames there are for one that is planted.
	every = 100
	// repeats is how many planted frames of a stream in a row are of one entry.
	repeats = 3
)

// A hit is what a signal is about.
type hit struct {
	stream string
	entry  int
}

// A frame is a record of the topic frames and what is to be found in it.
type frame struct {
	event     stream.Event
	partition int
	entry     int // of the list, or none
}

const none = -1

// A material makes frames of one kind.
type material struct {
	name  string
	kind  string          // content type
	plant int             // how many entries may be planted
	entry func(i int) int // the number of one of them in the list
	// data is that of a stream's frame after so many steps: near an entry, or near none.
	data func(stream, step, entry int) ([]byte, error)
}

// hashes makes records of uniform hashes, which is the hardest there is: no frame is
// like the one before.
func hashes(l *list, pictures int) material {
	r := rand.New(rand.NewPCG(2, 2))
	return material{
		name: "hash records", kind: detect.HashType, plant: len(l.hashes) - pictures,
		entry: func(i int) int { return i },
		data: func(_, _, entry int) ([]byte, error) {
			h := hashdb.Hash{Kind: hashdb.KindPDQ}
			if entry >= 0 {
				return hashRecord(flip(r, l.hashes[entry], near))
			}
			for i := range h.Bits {
				h.Bits[i] = byte(r.Uint32())
			}
			return hashRecord(h)
		},
	}
}

// jpegs makes frames of 720p: of each stream one scene across which the camera pans.
func jpegs(l *list, back, plant []picture) material {
	first := l.picture(0, len(plant))
	return material{
		name: "720p JPEG", kind: detect.JPEG, plant: len(plant),
		entry: func(i int) int { return first + i },
		data: func(stream, step, entry int) ([]byte, error) {
			if entry >= 0 {
				return plant[entry-first].jpeg, nil
			}
			// Back and forth, so that the camera never jumps.
			at := step % (2*backSteps - 2)
			at = min(at, 2*backSteps-2-at)
			return back[stream%backScenes*backSteps+at].jpeg, nil
		},
	}
}

// backlog makes n frames of all streams in turn, one second apart.
func backlog(m material, n int, at time.Time) ([]frame, error) {
	names := balanced(streams)
	frames := make([]frame, n)
	for i := range frames {
		s, step, entry := i%streams, i/streams, none
		if i%every == 0 {
			// All frames of one entry belong to one stream.
			group := i / every / repeats
			s, entry = group%streams, m.entry(group%m.plant)
		}
		var err error
		if frames[i], err = newFrame(m, names[s], s, step, i, entry, at.Add(time.Duration(step)*time.Second)); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// newFrame makes the frame with a number: that of a stream after so many steps.
func newFrame(m material, name string, which, step, number, entry int, at time.Time) (frame, error) {
	data, err := m.data(which, step, entry)
	if err != nil {
		return frame{}, err
	}
	return frame{partition: partitionOf(name), entry: entry, event: stream.Event{
		ID: signal.ID("bench-frame", name, strconv.Itoa(number)), Source: "platform/" + platform, Type: "vigil.frame.v1",
		Subject: "sub_" + signal.ID("bench-subject", name), Time: at, Key: name, ContentType: m.kind, Data: data,
		Ext: map[string]string{"stream": name, "platform": platform},
	}}, nil
}

// balanced names n streams so that each partition has as many.
func balanced(n int) []string {
	var names []string
	count := [partitions]int{}
	for i := 0; len(names) < n; i++ {
		name := fmt.Sprintf("stream-%d", i)
		if p := partitionOf(name); count[p] < (n+partitions-1)/partitions {
			count[p]++
			names = append(names, name)
		}
	}
	return names
}

// partitionOf is where the client puts a key.
func partitionOf(key string) int {
	var all []int
	for i := range partitions {
		all = append(all, i)
	}
	return kafka.Murmur2Balancer{}.Balance(kafka.Message{Key: []byte(key)}, all...)
}
