package app

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newProgress reads f and shows on errs how far it is, when that is a terminal.
func newProgress(f *os.File, errs io.Writer) (io.ReadCloser, error) {
	terminal, ok := errs.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return io.NopCloser(f), nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1 // a pipe: it counts, and does not know how far it is
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(terminal), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription(info.Name()))
	reader := progressbar.NewReader(io.NopCloser(f), bar)
	return &reader, nil
}
