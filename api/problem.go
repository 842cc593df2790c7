package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is an error that the client is told, as RFC 9457 has it. Its type is always
// about:blank, which says that the status tells the kind of problem.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Errors are the faults of the request one by one, at most maxFaults.
	Errors []Fault `json:"errors,omitempty"`

	retry time.Duration // Sent as Retry-After when not 0.
	allow string        // Sent as Allow.
}

// Fault is one fault of a request and where it is: Pointer in the body's JSON (RFC
// 6901, after a '#'), or Parameter in the query or the header.
type Fault struct {
	Detail    string `json:"detail"`
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

const maxFaults = 10

func (p *Problem) Error() string { return p.Detail }

// Problemf returns a problem. Its text must hold nothing of the request's that could
// be a hash or an account.
func Problemf(status int, format string, args ...any) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// After adds when to try again.
func (p *Problem) After(wait time.Duration) *Problem {
	p.retry = wait
	return p
}

// ParameterFault is the problem of a faulty parameter.
func ParameterFault(name, format string, args ...any) *Problem {
	var f Faults
	f.add(Fault{Detail: fmt.Sprintf(format, args...), Parameter: name})
	return f.Problem(http.StatusBadRequest)
}

// Faults gathers the faults of a request, of which the first ten are told. The zero
// value has none.
type Faults struct{ list []Fault }

func (f *Faults) add(fault Fault) {
	if len(f.list) < maxFaults {
		f.list = append(f.list, fault)
	}
}

// Add adds a fault at a place in the body's JSON. Its text is held to what Problemf's is.
func (f *Faults) Add(pointer, format string, args ...any) {
	f.add(Fault{Detail: fmt.Sprintf(format, args...), Pointer: pointer})
}

// Parameter adds a fault of a parameter in the query or the header.
func (f *Faults) Parameter(name, format string, args ...any) {
	f.add(Fault{Detail: fmt.Sprintf(format, args...), Parameter: name})
}

// Any reports whether there is a fault.
func (f *Faults) Any() bool { return len(f.list) > 0 }

// Problem returns a problem of the faults, of which there must be one.
func (f *Faults) Problem(status int) *Problem {
	where := f.list[0].Pointer
	if where == "" {
		where = "parameter " + f.list[0].Parameter
	}
	p := Problemf(status, "%s: %s", where, f.list[0].Detail)
	p.Errors = f.list
	return p
}

// write sends p, in the form given or that of RFC 9457.
func (p *Problem) write(w http.ResponseWriter, form Form) {
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
	if form != nil {
		h.Set("Content-Type", "application/json")
		body, _ = json.Marshal(form(p))
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
