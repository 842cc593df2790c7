package fincen

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxAcknowledgement limits an acknowledgement, in bytes.
const maxAcknowledgement = 1 << 20

// An Acknowledgement is what FinCEN answers to a batch of one report.
type Acknowledgement struct {
	BSAID    string // of the report, 14 digits; empty where it was not taken
	Accepted bool
	Warnings int // that it has beside
}

// ReadAcknowledgement reads the file that BSA E-Filing gives back. The error quotes nothing.
func ReadAcknowledgement(data []byte) (Acknowledgement, error) {
	if len(data) > maxAcknowledgement {
		return Acknowledgement{}, fmt.Errorf("acknowledgement: more than %d bytes", maxAcknowledgement)
	}
	var said struct {
		XMLName    xml.Name
		Status     string `xml:"StatusCode,attr"`
		Activities []struct {
			BSAID  string `xml:"BSAID"`
			Errors []struct {
				Level string `xml:"ErrorLevelText"`
			} `xml:"EFilingActivityErrorXML"`
		} `xml:"EFilingSubmissionXML>EFilingActivityXML"`
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&said); err != nil {
		return Acknowledgement{}, errors.New("acknowledgement: it is not XML of that form")
	}
	for {
		switch t, err := dec.Token(); t.(type) {
		case xml.CharData, xml.Comment, xml.ProcInst:
			continue
		default:
			if !errors.Is(err, io.EOF) {
				return Acknowledgement{}, errors.New("acknowledgement: something follows it")
			}
		}
		break
	}
	switch {
	case said.XMLName.Local != "EFilingBatchXML":
		return Acknowledgement{}, errors.New("acknowledgement: its root must be EFilingBatchXML")
	case said.Status == "R":
		return Acknowledgement{}, nil
	case said.Status != "A":
		return Acknowledgement{}, errors.New("acknowledgement: StatusCode: must be A or R")
	case len(said.Activities) != 1:
		return Acknowledgement{}, fmt.Errorf("acknowledgement: it is of %d reports, and a batch has one", len(said.Activities))
	}
	a := Acknowledgement{BSAID: strings.TrimSpace(said.Activities[0].BSAID), Accepted: true}
	if !bsaID.MatchString(a.BSAID) {
		return Acknowledgement{}, errors.New("acknowledgement: BSAID: must be 14 digits")
	}
	for _, e := range said.Activities[0].Errors {
		if e.Level != "" {
			a.Warnings++
		}
	}
	return a, nil
}
