// Package standin plays the CyberTipline's reporting API, from what is published about it:
// requests in their order, what is wrong with a document, and reports that vanish when they
// are left open. It keeps what it got in memory, so that a test can ask what a centre would
// have. It is for tests and for trying out: nothing of it is NCMEC's.
package standin

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- what the service answers
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How long a report stays open, and how long after it was touched: the later counts.
const (
	openFor  = 24 * time.Hour
	touchFor = time.Hour
)

const maxBody = 64 << 20 // bytes

// A Report is one that the stand-in got.
type Report struct {
	ID                  int64
	XML                 []byte
	Files               []File
	Finished, Retracted bool
	opened, touched     time.Time
}

// A File is one that was uploaded.
type File struct {
	ID   string
	Data []byte
	Info []byte // file details, nil until they came
}

// Server is the stand-in. Make it with New.
type Server struct {
	user, password string
	now            func() time.Time
	schema         schema

	mu       sync.Mutex
	reports  []*Report
	requests int
	// fault is asked before a request is looked at.
	fault func(*http.Request) Fault
}

// Fault is how the stand-in fails at a request.
type Fault struct {
	Status  int  // answer this instead; 0 for none
	Vanish  bool // do what was asked, and break off before the answer
	Corrupt bool // of an upload, keep other bytes
}

// New makes a stand-in with one user.
func New(user, password string, now func() time.Time) (*Server, error) {
	s, err := readSchema(schemaText)
	if err != nil {
		return nil, err
	}
	return &Server{user: user, password: password, now: now, schema: s}, nil
}

// Fail makes f say how each request fails; nil ends it.
func (s *Server) Fail(f func(*http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Reports returns copies of what it has, in the order in which they were opened.
func (s *Server) Reports() []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Report, len(s.reports))
	for i, r := range s.reports {
		out[i] = *r
	}
	return out
}

// XSD returns its schema as an XML Schema.
func (s *Server) XSD() string { return s.schema.xsd() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	w.Header().Set("Request-ID", fmt.Sprintf("standin-%06d", s.requests))
	user, password, ok := r.BasicAuth()
	if !ok || user != s.user || password != s.password {
		w.WriteHeader(http.StatusUnauthorized) // with no body, as may be
		return
	}
	var f Fault
	if s.fault != nil {
		f = s.fault(r)
	}
	if f.Status != 0 {
		if f.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "30")
		}
		w.WriteHeader(f.Status)
		return
	}
	a := s.serve(r, f)
	if f.Vanish {
		panic(http.ErrAbortHandler)
	}
	if a.raw != "" {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, a.raw)
		return
	}
	a.write(w)
}

type answer struct {
	code         int
	says, fileID string
	report       int64
	md5, raw     string
	files        []string
	done         bool
}

func refuse(code int, format string, args ...any) answer {
	return answer{code: code, says: fmt.Sprintf(format, args...)}
}

func (a answer) write(w http.ResponseWriter) {
	root := "reportResponse"
	if a.done {
		root = "reportDoneResponse"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<%s>\n  <responseCode>%d</responseCode>\n", root, a.code)
	if !a.done {
		fmt.Fprintf(&b, "  <responseDescription>%s</responseDescription>\n", html.EscapeString(a.says))
	}
	if a.report > 0 {
		fmt.Fprintf(&b, "  <reportId>%d</reportId>\n", a.report)
	}
	if a.fileID != "" {
		fmt.Fprintf(&b, "  <fileId>%s</fileId>\n", a.fileID)
	}
	if a.md5 != "" {
		fmt.Fprintf(&b, "  <hash>%s</hash>\n", a.md5)
	}
	if a.done {
		b.WriteString("  <files>\n")
		for _, f := range a.files {
			fmt.Fprintf(&b, "    <fileId>%s</fileId>\n", f)
		}
		b.WriteString("  </files>\n")
	}
	fmt.Fprintf(&b, "</%s>\n", root)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	if a.code == 4100 {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = io.WriteString(w, b.String())
}

func (s *Server) serve(r *http.Request, f Fault) answer {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	switch r.Method + " " + r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):] {
	case "GET /status":
		return answer{says: "Remote User : " + s.user}
	case "GET /xsd":
		return answer{raw: s.schema.xsd()}
	case "POST /submit":
		return s.submit(r)
	case "POST /upload":
		return s.upload(r, f)
	case "POST /fileinfo":
		return s.fileinfo(r)
	case "POST /finish":
		return s.finish(r)
	case "POST /retract":
		return s.retract(r)
	}
	return refuse(4000, "no such resource")
}

func (s *Server) document(r *http.Request, root string) (node, []byte, *answer) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/xml") {
		a := refuse(4000, "the content must be text/xml")
		return node{}, nil, &a
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		a := refuse(4000, "%v", err)
		return node{}, nil, &a
	}
	n, err := parse(bytes.NewReader(data))
	if err != nil {
		a := refuse(4110, "malformed XML: %v", err)
		return node{}, nil, &a
	}
	if n.name != root {
		a := refuse(4100, "the root must be <%s>", root)
		return node{}, nil, &a
	}
	if err := s.schema.check(n, root, s.now()); err != nil {
		a := refuse(4100, "validation failed: %v", err)
		return node{}, nil, &a
	}
	return n, data, nil
}

func (s *Server) submit(r *http.Request) answer {
	_, data, refused := s.document(r, "report")
	if refused != nil {
		return *refused
	}
	now := s.now()
	one := &Report{ID: 4564654 + int64(len(s.reports)), XML: data, opened: now, touched: now}
	s.reports = append(s.reports, one)
	return answer{says: "Success", report: one.ID}
}

// open finds a report that can be changed.
func (s *Server) open(id string) (*Report, *answer) {
	for _, r := range s.reports {
		if strconv.FormatInt(r.ID, 10) != id {
			continue
		}
		now := s.now()
		var a answer
		switch {
		case r.Finished:
			a = refuse(5102, "the report is finished")
		case r.Retracted:
			a = refuse(5101, "the report was retracted")
		case now.After(r.opened.Add(openFor)) && now.After(r.touched.Add(touchFor)):
			a = refuse(5001, "no such report")
		default:
			r.touched = now
			return r, nil
		}
		return nil, &a
	}
	a := refuse(5001, "no such report")
	return nil, &a
}

func (s *Server) upload(r *http.Request, f Fault) answer {
	if err := r.ParseMultipartForm(maxBody); err != nil {
		return refuse(4200, "malformed file: %v", err)
	}
	one, refused := s.open(r.FormValue("id"))
	if refused != nil {
		return *refused
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return refuse(4200, "no file")
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return refuse(1110, "%v", err)
	}
	if f.Corrupt {
		data = append(data, 0)
	}
	sum := md5.Sum(data) // #nosec G401 -- as above
	id := fmt.Sprintf("%d-%d", one.ID, len(one.Files)+1)
	one.Files = append(one.Files, File{ID: id, Data: data})
	return answer{says: "Success", report: one.ID, fileID: id, md5: hex.EncodeToString(sum[:])}
}

func (s *Server) fileinfo(r *http.Request) answer {
	n, data, refused := s.document(r, "fileDetails")
	if refused != nil {
		return *refused
	}
	if n.child("exifViewedByEsp") == "true" && n.child("fileViewedByEsp") != "true" {
		return refuse(4100, "who viewed the EXIF viewed the file")
	}
	if n.child("fileRelevance") == "Supplemental Reported" && n.child("industryClassification") != "" {
		return refuse(4100, "a supplemental file has no classification")
	}
	one, refused := s.open(n.child("reportId"))
	if refused != nil {
		return *refused
	}
	for i := range one.Files {
		if one.Files[i].ID == n.child("fileId") {
			one.Files[i].Info = data
			return answer{says: "Success", report: one.ID}
		}
	}
	return refuse(5002, "no such file")
}

func (s *Server) finish(r *http.Request) answer {
	one, refused := s.open(r.FormValue("id"))
	if refused != nil {
		return *refused
	}
	one.Finished = true
	a := answer{report: one.ID, done: true}
	for _, f := range one.Files {
		a.files = append(a.files, f.ID)
	}
	return a
}

func (s *Server) retract(r *http.Request) answer {
	one, refused := s.open(r.FormValue("id"))
	if refused != nil {
		return *refused
	}
	one.Retracted = true
	return answer{says: "Success", report: one.ID}
}

// Check holds a document to the schema without opening a report.
func (s *Server) Check(document []byte) error {
	n, err := parse(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return s.schema.check(n, n.name, s.now())
}
