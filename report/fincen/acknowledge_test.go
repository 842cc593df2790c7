package fincen

import (
	"strings"
	"testing"
)

const accepted = `<?xml version="1.0" encoding="UTF-8"?>
<EFilingBatchXML StatusCode="A" SeqNum="1">
    <EFilingSubmissionXML SeqNum="2" StatusCode="A">
        <EFilingActivityXML SeqNum="3">
            <BSAID>31000000000001</BSAID>
            <EFilingActivityErrorXML SeqNum="4"><ErrorLevelText>WARN</ErrorLevelText><ErrorText>canary</ErrorText></EFilingActivityErrorXML>
            <EFilingActivityErrorXML SeqNum="5"/>
        </EFilingActivityXML>
    </EFilingSubmissionXML>
</EFilingBatchXML>
`

func TestAcknowledgements(t *testing.T) {
	a, err := ReadAcknowledgement([]byte(accepted))
	if err != nil || !a.Accepted || a.BSAID != "31000000000001" || a.Warnings != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err = ReadAcknowledgement([]byte(`<EFilingBatchXML StatusCode="R"/>`)); err != nil || a.Accepted {
		t.Errorf("%+v, %v", a, err)
	}
	for text, want := range map[string]string{
		"":                     "not XML",
		"<x/>":                 "root must be",
		accepted + "<canary/>": "something follows",
		strings.Replace(accepted, `"A" SeqNum="1"`, `"canary"`, 1):                                                                                  "StatusCode",
		strings.Replace(accepted, "31000000000001", "canary", 1):                                                                                    "BSAID",
		strings.Replace(accepted, "</EFilingSubmissionXML>", "<EFilingActivityXML><BSAID>1</BSAID></EFilingActivityXML></EFilingSubmissionXML>", 1): "of 2 reports",
		strings.Repeat(" ", maxAcknowledgement+1):                                                                                                   "more than",
	} {
		if _, err := ReadAcknowledgement([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func FuzzReadAcknowledgement(f *testing.F) {
	f.Add([]byte(accepted))
	f.Add([]byte(`<EFilingBatchXML StatusCode="R"/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ReadAcknowledgement(data)
		if err == nil && a.Accepted != bsaID.MatchString(a.BSAID) {
			t.Errorf("%+v", a)
		}
	})
}
