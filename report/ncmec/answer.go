package ncmec

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Class says what an answer means for who asked.
type Class int

// The classes of answers.
const (
	OK       Class = iota
	Again          // try again later: the service could not
	Final          // the request is wrong and stays so
	Denied         // the credentials or the account are: nothing else will do better
	Gone           // there is no such report or file, or no longer
	Retired        // the report was retracted before
	Finished       // the report was finished before
)

// String names a class.
func (c Class) String() string {
	return [...]string{"ok", "again", "final", "denied", "gone", "retracted", "finished"}[c]
}

// classes are what the codes of the service mean, by its documentation; that 5101 and 5102
// say on a repeat that it already happened is inferred.
var classes = map[int]Class{
	0: OK, 1000: Again, 1100: Again, 1110: Again, 1111: Again, 1300: Again,
	1210: Gone, 5001: Gone, 5002: Gone, 5101: Retired, 5102: Finished,
	2000: Denied, 3000: Denied, 3100: Denied, 3300: Denied,
	4000: Final, 4100: Final, 4110: Final, 4200: Final,
}

// classOf reads a code; one that is not documented by its thousands.
func classOf(code int) Class {
	if c, ok := classes[code]; ok {
		return c
	}
	switch code / 1000 {
	case 1:
		return Again
	case 2, 3:
		return Denied
	case 5:
		return Gone
	default:
		return Final
	}
}

// A Refusal is an answer that is not a yes.
type Refusal struct {
	Step      string // submit, upload, fileinfo, finish, retract, status or xsd
	Class     Class
	Code      int // of the service, 0 where it gave none
	Status    int // of HTTP
	RequestID string
	Says      string        // the service's description
	After     time.Duration // how long it asks to wait, 0 where it does not
}

func (e *Refusal) Error() string {
	return fmt.Sprintf("%s: %s (code %d, HTTP %d, request %s): %s", e.Step, e.Class, e.Code, e.Status, e.RequestID, e.Says)
}

// Unknown says that a request was sent and no answer came that can be read: what it asked
// for may have happened.
type Unknown struct {
	Step string
	Err  error
}

func (e *Unknown) Error() string {
	return fmt.Sprintf("%s: sent, and what came of it is not known: %v", e.Step, e.Err)
}

func (e *Unknown) Unwrap() error { return e.Err }

// An Answer is what the service said.
type Answer struct {
	Code      int    `xml:"responseCode"`
	Says      string `xml:"responseDescription"`
	ReportID  int64  `xml:"reportId"`
	FileID    string `xml:"fileId"`
	MD5       string `xml:"hash"`
	RequestID string `xml:"-"` // of the header, for who asks the service about it
}

const maxAnswer = 1 << 20 // bytes

// parseAnswer reads a reportResponse or a reportDoneResponse.
func parseAnswer(data []byte) (Answer, error) {
	var a struct {
		XMLName xml.Name
		Code    *int `xml:"responseCode"`
		Answer
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("the answer is not XML: %w", err)
	}
	for {
		switch t, err := dec.Token(); t.(type) {
		case xml.Comment, xml.ProcInst:
		case xml.CharData:
		default:
			if !errors.Is(err, io.EOF) {
				return Answer{}, errors.New("something follows the answer")
			}
			if a.XMLName.Local != "reportResponse" && a.XMLName.Local != "reportDoneResponse" {
				return Answer{}, fmt.Errorf("the answer is %q", a.XMLName.Local)
			}
			if a.Code == nil {
				return Answer{}, errors.New("the answer has no code")
			}
			a.Answer.Code = *a.Code
			return a.Answer, nil
		}
	}
}
