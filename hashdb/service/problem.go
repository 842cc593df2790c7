package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// problem is an error that the client is told, as RFC 9457 has it. Its type is always
// about:blank, which says that the status tells the kind of problem.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Errors are the faults of the request one by one, at most maxFaults.
	Errors []fault `json:"errors,omitempty"`

	retry time.Duration // Sent as Retry-After when not 0.
	allow string        // Sent as Allow.
}

// fault is one fault of a request and where it is: Pointer in the body's JSON (RFC
// 6901, after a '#'), or Parameter in the query.
type fault struct {
	Detail    string `json:"detail"`
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

const maxFaults = 10

func (p *problem) Error() string { return p.Detail }

// problemf returns a problem. Its text must hold nothing of the request's that could
// be a hash.
func problemf(status int, format string, args ...any) *problem {
	return &problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// after adds when to try again.
func (p *problem) after(wait time.Duration) *problem {
	p.retry = wait
	return p
}

// parameterFault is the problem of a faulty parameter in the query.
func parameterFault(name, format string, args ...any) *problem {
	p := problemf(http.StatusBadRequest, "parameter %s: %s", name, fmt.Sprintf(format, args...))
	p.Errors = []fault{{Detail: fmt.Sprintf(format, args...), Parameter: name}}
	return p
}

// write sends p, in the peer's form on the peer's paths.
func (p *problem) write(w http.ResponseWriter, peer bool) {
	h := w.Header()
	if p.retry > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((p.retry+time.Second-1)/time.Second), 10))
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="vigil"`)
	}
	var body []byte
	if peer {
		h.Set("Content-Type", "application/json")
		body, _ = json.Marshal(map[string]string{"message": p.Detail})
	} else {
		h.Set("Content-Type", "application/problem+json")
		body, _ = json.Marshal(p)
	}
	send(w, p.Status, body)
}

// send writes a whole answer. The client's going away is not our fault.
func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
