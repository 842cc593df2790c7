package ncmec

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/vigil-stream/vigil/signal"
)

// uploads are the frames of a case that are at hand, and what is attached.
func uploads(in Input) (list []Upload, absent []string, err error) {
	for _, e := range in.Decision.Statement().Evidence {
		if e.What != "frame" || in.Corrects == Retracts {
			continue
		}
		data, ok := in.Frames[e.SHA256]
		if !ok || e.SHA256 == "" {
			absent = append(absent, e.Holder+"/"+e.Ref)
			continue
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != e.SHA256 {
			return nil, nil, fmt.Errorf("frame %s/%s: its bytes have another SHA-256 than the case says", e.Holder, e.Ref)
		}
		up, err := frame(in, e.Evidence, data)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, up)
	}
	if len(in.Attach) > 0 {
		up, err := attachment(in)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, up)
	}
	return list, absent, nil
}

// frame describes one picture of a stream.
func frame(in Input, e signal.Evidence, data []byte) (Upload, error) {
	from := sources{}
	d := FileDetails{
		Name: "frame-" + e.At.UTC().Format("20060102T150405.000Z") + ".jpg", Relevance: ReportedFile,
		Annotations: &FileAnnotations{LiveStreaming: &Tag{}},
		Hashes:      []Hash{{Type: "SHA256", Value: e.SHA256}},
	}
	record := fmt.Sprintf("frame %s of %s", e.Ref, e.Holder)
	from.note("/fileDetails/fileName", "%s: its time", record)
	from.note("/fileDetails/fileRelevance", "%s: part of the evidence that was decided on", record)
	from.note("/fileDetails/fileAnnotations", "%s: a frame of a live stream", record)
	from.note("/fileDetails/originalFileHash", "%s: SHA-256 of its bytes as they were recorded", record)
	d.Details = []Details{{Pairs: []NameValue{
		{"derived", "A single picture cut from a live stream; the stream itself is not a file."},
		{"captured", clock(e.At) + ", by the stream's own clock"},
	}}}
	from.note("/fileDetails/details", "%s: its kind and time", record)
	viewed := false
	from.note("/fileDetails/fileViewedByEsp", "view log: nobody is known to have looked at the whole of this file")
	if in.Viewed != nil {
		if entry, whole := in.Viewed(e.SHA256); whole {
			viewed = true
			from.note("/fileDetails/fileViewedByEsp", "view log: entry %s", entry)
		}
	}
	d.Viewed = &viewed
	stream := ""
	for _, s := range in.Decision.Case.Signals {
		if s.Match == nil || s.Match.Held || !names(s, e) {
			continue
		}
		stream = s.Match.Stream
		d.Info = append(d.Info, fmt.Sprintf("In a segment of live stream %s that matches entry %s of list %s (%s) by %s: %d of %d frames, the best at a distance of %d bits, the limit being %d.",
			s.Match.Stream, s.Match.Entry, s.Match.List, s.Match.ListVersion, s.Match.HashKind, s.Match.FramesMatched, s.Match.FramesSeen, s.Match.Distance, s.Match.Radius))
		from.note(path("additionalInfo", len(d.Info)), "match signal %s", s.ID)
	}
	for _, s := range in.Decision.Case.Signals {
		if s.Session != nil && stream != "" && s.Session.Stream == stream {
			public := !s.Session.Private
			d.Public = &public
			from.note("/fileDetails/publiclyAvailable", "session signal %s", s.ID)
		}
	}
	return upload(d, data, from)
}

func path(name string, n int) string {
	if n == 1 {
		return "/fileDetails/" + name
	}
	return fmt.Sprintf("/fileDetails/%s[%d]", name, n)
}

func names(s signal.Signal, e signal.Evidence) bool {
	for _, one := range s.Evidence {
		if one.Holder == e.Holder && one.Ref == e.Ref && one.SHA256 == e.SHA256 {
			return true
		}
	}
	return false
}

// attachment describes the alert, which shows what was decided and proves it.
func attachment(in Input) (Upload, error) {
	from := sources{}
	what := "alert"
	if in.Corrects != "" {
		what = "correction"
	}
	d := FileDetails{Name: what + "-" + in.Alert + ".json", Relevance: Supplemental,
		Info: []string{"What was decided and on which evidence, with a proof that it is in the audit log. The file says how to verify it."}}
	from.note("/fileDetails", "%s %s", what, in.Alert)
	return upload(d, in.Attach, from)
}

// upload checks details but for the ids, which the service gives.
func upload(d FileDetails, data []byte, from sources) (Upload, error) {
	if len(data) == 0 {
		return Upload{}, errors.New("an empty file is not uploaded")
	}
	probe := d
	probe.ReportID, probe.FileID = 1, "1"
	if err := probe.Check(); err != nil {
		return Upload{}, fmt.Errorf("details of %s would be refused:\n%w", d.Name, err)
	}
	text, err := Encode(probe)
	if err != nil {
		return Upload{}, err
	}
	from.note("/fileDetails/reportId", "the service's answer to submit")
	from.note("/fileDetails/fileId", "the service's answer to upload")
	fields, err := from.trace(text)
	if err != nil {
		return Upload{}, err
	}
	kept := fields[:0]
	for _, f := range fields {
		if !strings.HasSuffix(f.Path, "/reportId") && !strings.HasSuffix(f.Path, "/fileId") {
			kept = append(kept, f)
		}
	}
	return Upload{Data: data, Details: d, Fields: kept}, nil
}
