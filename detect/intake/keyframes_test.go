package intake

import (
	"testing"
	"time"
)

func TestKeyFramesAreRareAfterGapsInARow(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		pts  []float64 // seconds
		rare int       // index of the one that says so, -1 for none
	}{
		"each second":         {Options{FPS: 1}, []float64{7, 8, 9, 10, 11}, -1},
		"wavering":            {Options{FPS: 1}, []float64{0, 1.4, 2, 3.5, 4.2, 5.7}, -1},
		"three gaps":          {Options{FPS: 1}, []float64{7, 9, 11, 13}, 3},
		"gaps apart":          {Options{FPS: 1}, []float64{0, 2, 4, 5, 7, 9, 10}, -1},
		"then rare":           {Options{FPS: 1}, []float64{0, 1, 2, 4, 6, 8}, 5},
		"a slow rate":         {Options{FPS: 0.2}, []float64{0, 7, 14, 21}, -1},
		"back in time":        {Options{FPS: 1}, []float64{100, 2, 3, 4}, -1},
		"a file, at once":     {Options{Input: "x", FPS: 1}, []float64{0, 1, 2.6}, 2},
		"a file's beginning":  {Options{Input: "x", FPS: 1}, []float64{0.6}, 0},
		"a file sought":       {Options{Input: "x", FPS: 1, Seek: 2 * time.Second}, []float64{2.4, 3.4}, -1},
		"a file sought badly": {Options{Input: "x", FPS: 1, Seek: 2 * time.Second}, []float64{2.6}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if c.o.Input == "" {
				c.o.Input = "rtmp://h/a"
			}
			k := newKeyFrames(c.o)
			got := -1
			for i, s := range c.pts {
				if k.rare(time.Duration(s*1000)*time.Millisecond) && got < 0 {
					got = i
				}
			}
			if got != c.rare {
				t.Errorf("rare at picture %d, want %d", got, c.rare)
			}
		})
	}
}

func TestKeyFramesAreNotTriedWhereTheyCannotDo(t *testing.T) {
	for name, o := range map[string]Options{
		"a listener": {Input: "rtmp://h:1/a", Listen: true, FPS: 1},
		"full":       {Input: "rtmp://h/a", FullDecode: true, FPS: 1},
		"fast":       {Input: "rtmp://h/a", FPS: 2.1},
		"a pipe":     {Input: "/dev/null", FPS: 1},
	} {
		if newKeyFrames(o) != nil {
			t.Errorf("%s: key frames are tried", name)
		}
	}
	if newKeyFrames(Options{Input: "rtmp://h/a", FPS: 2}) == nil {
		t.Error("two a second: key frames are not tried")
	}
}

func TestPushTellsInputsThatCannotBeOpenedTwice(t *testing.T) {
	for input, want := range map[string]bool{
		"/dev/null": true, "reader.go": false, "no such file": false, "rtmp://h/a": false, "http://h/x.m3u8": false,
	} {
		if Push(input, false) != want {
			t.Errorf("%s: want %v", input, want)
		}
		if !Push(input, true) {
			t.Errorf("%s, listened at, can be opened twice", input)
		}
	}
}
