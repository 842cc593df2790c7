package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/segmentio/kafka-go"
)

// DeadLetters is the topic of records that are bad for good, without the prefix.
const DeadLetters = "deadletter"

const (
	maxErrorText = 500     // characters of vigil-error
	maxLetterKey = 1 << 10 // bytes of a key that is kept
)

// deadLetter makes the record that tells of a bad one. It keeps the key and the
// value, says in vigil-reason, vigil-error, vigil-loop, vigil-topic,
// vigil-partition and vigil-offset what became of it and where it lies, and
// carries its attributes as original-ce_id and so on unless they are too many. A value that leaves no room is named by vigil-sha256 and
// vigil-size instead. Loop, topic, partition and offset make its id.
func (w *worker) deadLetter(r record, reason string, cause error) (outgoing, error) {
	at := []string{w.loop.Name, w.loop.Topic, strconv.Itoa(w.partition), strconv.FormatInt(r.offset, 10)}
	sum := sha256.Sum256([]byte(strings.Join(at, "\x00")))
	e := Event{
		ID:     hex.EncodeToString(sum[:16]),
		Source: "vigil/" + w.loop.Name,
		Type:   "vigil.deadletter",
		Data:   r.value,
	}
	headers, _, err := e.headers()
	if err != nil {
		return outgoing{}, fmt.Errorf("dead letter: %w", err)
	}
	headers = append(headers,
		header("vigil-reason", reason),
		header("vigil-error", shorten(cause.Error())),
		header("vigil-loop", at[0]),
		header("vigil-topic", at[1]),
		header("vigil-partition", at[2]),
		header("vigil-offset", at[3]),
	)
	headers = append(headers, originals(r.headers)...)
	letter := outgoing{topic: DeadLetters, id: e.ID, msg: kafka.Message{
		Topic: w.c.cfg.Prefix + DeadLetters, Value: r.value, Headers: headers,
	}}
	if len(r.key) > 0 && len(r.key) <= maxLetterKey {
		letter.msg.Key = r.key
	}
	err = w.c.measure(&letter)
	var oversize *permanent
	if errors.As(err, &oversize) {
		digest := sha256.Sum256(r.value)
		letter.msg.Value = nil
		letter.msg.Headers = append(letter.msg.Headers,
			header("vigil-sha256", hex.EncodeToString(digest[:])),
			header("vigil-size", strconv.Itoa(len(r.value))))
		err = w.c.measure(&letter)
	}
	return letter, err
}

// originals returns the attributes of a bad record and drops other headers,
// which may hold anything.
func originals(hs []kafka.Header) []kafka.Header {
	var out []kafka.Header
	for _, h := range hs {
		if strings.HasPrefix(h.Key, "ce_") || h.Key == contentType {
			out = append(out, kafka.Header{Key: "original-" + h.Key, Value: h.Value})
		}
	}
	// Half of the limits is left for the letter's own headers.
	if len(out) > maxHeaders/2 || headerBytes(out) > maxHeaderBytes/2 {
		return nil
	}
	return out
}

// shorten cuts a text to maxErrorText characters of valid UTF-8 on one line.
func shorten(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\n", "; "), "?")
	if utf8.RuneCountInString(text) <= maxErrorText {
		return text
	}
	return string([]rune(text)[:maxErrorText-1]) + "…"
}
