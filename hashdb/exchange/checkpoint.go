package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// MaxCheckpoint is the greatest length in bytes of a source's checkpoint: what
// hashdb.Checkpoint allows without the syncer's own line.
const MaxCheckpoint = 64<<10 - 128

// checkpointName is under which name a source's progress is kept.
func checkpointName(source string) string { return "exchange/" + source }

// progress is what is kept of a source between two syncs: one line of the syncer's and
// then the source's own checkpoint. Both are in one value so that they cannot differ.
type progress struct {
	since   time.Time // The first attempt.
	success time.Time // The last success; zero when there was none.
	from    []byte    // The source's own; nil at first.
}

const progressForm = "vigil-exchange 1 since %d success %d\n"

// encode returns the value to keep. Times have whole seconds.
func (p progress) encode() []byte {
	var success int64
	if !p.success.IsZero() {
		success = p.success.Unix()
	}
	return append(fmt.Appendf(nil, progressForm, p.since.Unix(), success), p.from...)
}

var errProgress = errors.New("the checkpoint is not one of this version: to receive everything anew, remove it")

// decodeProgress reads what encode wrote.
func decodeProgress(b []byte) (progress, error) {
	head, from, ok := bytes.Cut(b, []byte("\n"))
	if !ok || len(head) > 127 {
		return progress{}, errProgress
	}
	var since, success int64
	if _, err := fmt.Sscanf(string(head)+"\n", progressForm, &since, &success); err != nil {
		return progress{}, errProgress
	}
	if since < 0 || success < 0 || since > 1<<40 || success > 1<<40 {
		return progress{}, errProgress
	}
	p := progress{since: time.Unix(since, 0).UTC()}
	if success > 0 {
		p.success = time.Unix(success, 0).UTC()
	}
	if len(from) > 0 {
		p.from = bytes.Clone(from)
	}
	return p, nil
}
