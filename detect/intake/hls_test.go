package intake

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWatchReadsAPlaylistAndNoLocalFileThroughIt(t *testing.T) {
	segment := clip(t, "clip.ts", "2")
	folder := filepath.Dir(segment)
	playlist := func(name, target string) {
		text := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n" + target + "\n#EXT-X-ENDLIST\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	playlist("own.m3u8", "clip.ts")
	playlist("local.m3u8", "file://"+segment)
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()

	frames := 0
	count := func(Sample) error { frames++; return nil }
	for _, input := range []string{server.URL + "/own.m3u8", filepath.Join(folder, "own.m3u8")} {
		frames = 0
		result, err := Watch(t.Context(), Options{Input: input, Start: start}, count)
		if result.Reason != ReasonEnded || err != nil || frames != 2 {
			t.Errorf("%s: got %q, %v, %d frames", filepath.Base(input), result.Reason, err, frames)
		}
	}

	result, err := Watch(t.Context(), Options{Input: server.URL + "/local.m3u8", Start: start}, func(Sample) error {
		return errors.New("a local file was read")
	})
	if result.Reason != ReasonFailed || err == nil || strings.Contains(err.Error(), "was read") {
		t.Errorf("a playlist that names a local file: got %q, %v", result.Reason, err)
	}
}
