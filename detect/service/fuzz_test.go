package service

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vigil-stream/vigil/detect"
)

// fuzzJSON holds a path's parser against the document's schema: what the schema takes the
// parser takes, and the reverse, but for times beyond the clock, and for what JSON readers
// differ in (a member named twice or in other letters' case). What is taken can be
// encoded for its topic, and no error repeats a run of the body's digits.
func fuzzJSON(f *testing.F, path, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte("[" + s + "," + s + "]"))
		f.Add([]byte(s[:len(s)/2]))
	}
	f.Add([]byte(`[]`))
	f.Add([]byte(`[{"stream":null},7`))
	schema, err := readDoc(f).Schema("/paths/" + strings.ReplaceAll(path, "/", "~1") + "/post/requestBody/content/application~1json/schema")
	if err != nil {
		f.Fatal(err)
	}
	b := newBench(f, nil, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		b.T, b.sent, b.reports = t, nil, nil
		w := b.post(path, string(body))
		if w.Code != http.StatusAccepted && (w.Code < 400 || w.Code >= 500) {
			t.Fatalf("%d %s %v", w.Code, w.Body, b.reports)
		}
		if (w.Code == http.StatusAccepted) != (len(b.sent) > 0) {
			t.Fatalf("%d, and %d records", w.Code, len(b.sent))
		}
		for _, r := range b.sent {
			if err := encodable(r); err != nil {
				t.Fatalf("taken, and then %v", err)
			}
		}
		if w.Code != http.StatusAccepted {
			for i := 0; i+16 <= len(body); i++ {
				if run := string(body[i : i+16]); strings.Trim(run, "0123456789abcdefABCDEF") == "" && strings.Contains(w.Body.String(), run) {
					t.Fatalf("the error repeats the body: %s", w.Body)
				}
			}
		}
		value, bad := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		valid := bad == nil && utf8.Valid(body) && schema.Validate(value) == nil
		if valid != (w.Code == http.StatusAccepted) && !peculiar(body) && !strings.Contains(w.Body.String(), " is before ") && !strings.Contains(w.Body.String(), " hours ahead") && w.Code != http.StatusForbidden {
			t.Errorf("the schema of %s takes it: %v, and the service says %d %s", name, valid, w.Code, w.Body)
		}
	})
}

// encodable reports whether a record fits the schema of its topic.
func encodable(r Record) error {
	switch {
	case r.Session != nil:
		_, err := r.Session.Encode()
		return err
	case r.Flag != nil:
		_, err := r.Flag.Encode()
		return err
	case r.Score != nil:
		_, err := r.Score.Encode()
		return err
	}
	var hash detect.HashRecord
	if err := json.Unmarshal(r.Frame.Data, &hash); err != nil {
		return err
	}
	data, err := hash.Encode()
	if err == nil && !bytes.Equal(data, r.Frame.Data) {
		err = bytes.ErrTooLarge
	}
	return err
}

// peculiar reports whether readers of JSON may differ about the body.
func peculiar(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	known := []string{"platform", "stream", "account", "subject", "time", "id", "kind", "hash", "quality", "sha256", "views", "view", "state", "private", "started_at", "country", "reason", "audience", "guests", "source", "classifier", "value"}
	count := map[string]int{}
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		s, ok := token.(string)
		if !ok {
			continue
		}
		// A name of blanks that only Unicode knows.
		if strings.TrimFunc(s, unicode.IsSpace) == "" && s != "" {
			return true
		}
		for _, k := range known {
			if strings.EqualFold(s, k) {
				if count[k]++; s != k {
					return true
				}
			}
		}
	}
	for _, n := range count {
		if n > 1 && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) && count["views"] == 0 {
			return true
		}
	}
	return false
}

func FuzzHashRecords(f *testing.F) {
	views := `[{"view":"rot90","hash":"` + hash64 + `"}]`
	fuzzJSON(f, "/v1/frames", "HashFrame", aHash, made(aHash, "views", views), made(aHash, "kind", `"ahash"`, "hash", `"0123456789abcdef"`, "id", "", "quality", "1e1"),
		made(aHash, "account", "", "subject", `"sub_0123456789abcdef0123456789abcdef"`, "sha256", `"`+hash64+`"`))
}

func FuzzSessions(f *testing.F) {
	fuzzJSON(f, "/v1/sessions", "Session", aStart, made(aStart, "state", `"ended"`, "reason", `"\u00fc"`, "country", `"PH"`),
		made(aStart, "audience", "3", "guests", `["a"]`), made(aStart, "account", "", "subject", `"sub_0123456789abcdef0123456789abcdef"`, "guests", `["sub_0123456789abcdef0123456789abcdef"]`))
}

func FuzzScores(f *testing.F) {
	fuzzJSON(f, "/v1/scores", "Score", aScore, made(aScore, "value", "1e-3"))
}

func FuzzFlags(f *testing.F) {
	fuzzJSON(f, "/v1/flags", "Flag", aFlag, made(aFlag, "source", `"moderator"`))
}

// FuzzPictures reads multipart bodies.
func FuzzPictures(f *testing.F) {
	one := `{"stream":"s","account":"` + account + `","time":"2026-01-02T03:04:00Z"}`
	picture := string(pngOf(f, scene(9, 9)))
	contentType, body := parts(f, "mixed", "application/json", one, "image/png", picture)
	f.Add(contentType, body)
	f.Add(contentType, body[:len(body)-20])
	contentType, body = parts(f, "form-data", "", "["+one+","+one+"]", "image/png", picture, "image/jpeg", picture)
	f.Add(contentType, body)
	f.Add("multipart/form-data", []byte("--x"))
	b := newBench(f, nil, nil)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		b.T, b.sent, b.reports = t, nil, nil
		if !strings.HasPrefix(contentType, "multipart/") {
			return
		}
		w := b.Do("POST", "/v1/frames", contentType, body)
		if w.Code >= 500 {
			t.Errorf("%d %s: %v", w.Code, w.Body, b.reports)
		}
		for _, r := range b.sent {
			if _, err := detect.CheckPicture(r.Frame.ContentType, r.Frame.Data, detect.DefaultLimits()); err != nil {
				t.Error(err)
			}
		}
	})
}
