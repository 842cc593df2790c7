package fincen

import (
	"encoding/xml"
	"reflect"
)

// The types of this file are the elements of a batch, in the order that FinCEN's schema
// (EFL_SARXBatchSchema, version 1.2) demands: those that an alert or a filer has something
// for. The tag max limits characters; text with one may have no blank at either end, and
// nothing but blanks between words.

type batch struct {
	XMLName         xml.Name `xml:"fc2:EFilingBatchXML"`
	Space           string   `xml:"xmlns:fc2,attr"`
	Instance        string   `xml:"xmlns:xsi,attr"`
	Location        string   `xml:"xsi:schemaLocation,attr"`
	TotalAmount     string   `xml:"TotalAmount,attr"`
	PartyCount      int      `xml:"PartyCount,attr"` // subjects
	ActivityCount   int      `xml:"ActivityCount,attr"`
	WithAttachments int      `xml:"ActivityAttachmentCount,attr"`
	Attachments     int      `xml:"AttachmentCount,attr"`
	FormTypeCode    string   `xml:"fc2:FormTypeCode"`
	Activity        activity `xml:"fc2:Activity"`
}

type activity struct {
	SeqNum      int         `xml:"SeqNum,attr"`
	Prior       string      `xml:"fc2:EFilingPriorDocumentNumber,omitempty"`
	FilingDate  string      `xml:"fc2:FilingDateText"`
	Note        string      `xml:"fc2:FilingInstitutionNotetoFinCEN" max:"50"`
	Association association `xml:"fc2:ActivityAssociation"`
	Parties     []*party    `xml:"fc2:Party"`
	Suspicious  suspicious  `xml:"fc2:SuspiciousActivity"`
	Narrative   []narrative `xml:"fc2:ActivityNarrativeInformation"`
}

type association struct {
	SeqNum     int    `xml:"SeqNum,attr"`
	Continuing string `xml:"fc2:ContinuingActivityReportIndicator,omitempty"`
	Corrects   string `xml:"fc2:CorrectsAmendsPriorReportIndicator,omitempty"`
	Initial    string `xml:"fc2:InitialReportIndicator,omitempty"`
}

type party struct {
	SeqNum           int              `xml:"SeqNum,attr"`
	Type             int              `xml:"fc2:ActivityPartyTypeCode"`
	BirthDateUnknown string           `xml:"fc2:BirthDateUnknownIndicator,omitempty"`
	BirthDate        string           `xml:"fc2:IndividualBirthDateText,omitempty"`
	NoBranch         string           `xml:"fc2:NoBranchActivityInvolvedIndicator,omitempty"`
	NoAccount        string           `xml:"fc2:NoKnownAccountInvolvedIndicator,omitempty"`
	Organization     string           `xml:"fc2:PartyAsEntityOrganizationIndicator,omitempty"`
	Regulator        string           `xml:"fc2:PrimaryRegulatorTypeCode,omitempty"`
	GenderUnknown    string           `xml:"fc2:UnknownGenderIndicator,omitempty"`
	Names            []partyName      `xml:"fc2:PartyName"`
	Addresses        []address        `xml:"fc2:Address"`
	Phones           []phone          `xml:"fc2:PhoneNumber"`
	Identifications  []identification `xml:"fc2:PartyIdentification"`
	Organizations    []organization   `xml:"fc2:OrganizationClassificationTypeSubtype"`
	Relations        []relation       `xml:"fc2:PartyAssociation"`
	Accounts         *accountsOf      `xml:"fc2:PartyAccountAssociation"`
}

type partyName struct {
	SeqNum           int    `xml:"SeqNum,attr"`
	LastNameUnknown  string `xml:"fc2:EntityLastNameUnknownIndicator,omitempty"`
	FirstNameUnknown string `xml:"fc2:FirstNameUnknownIndicator,omitempty"`
	Type             string `xml:"fc2:PartyNameTypeCode"`
	LastName         string `xml:"fc2:RawEntityIndividualLastName,omitempty" max:"150"`
	FirstName        string `xml:"fc2:RawIndividualFirstName,omitempty" max:"35"`
	FullName         string `xml:"fc2:RawPartyFullName,omitempty" max:"150"`
}

type address struct {
	SeqNum         int    `xml:"SeqNum,attr"`
	CityUnknown    string `xml:"fc2:CityUnknownIndicator,omitempty"`
	CountryUnknown string `xml:"fc2:CountryCodeUnknownIndicator,omitempty"`
	City           string `xml:"fc2:RawCityText,omitempty" max:"50"`
	Country        string `xml:"fc2:RawCountryCodeText,omitempty" max:"2"`
	State          string `xml:"fc2:RawStateCodeText,omitempty" max:"3"`
	Street         string `xml:"fc2:RawStreetAddress1Text,omitempty" max:"100"`
	Zip            string `xml:"fc2:RawZIPCode,omitempty" max:"9"`
	StateUnknown   string `xml:"fc2:StateCodeUnknownIndicator,omitempty"`
	StreetUnknown  string `xml:"fc2:StreetAddressUnknownIndicator,omitempty"`
	ZipUnknown     string `xml:"fc2:ZIPCodeUnknownIndicator,omitempty"`
}

type phone struct {
	SeqNum int    `xml:"SeqNum,attr"`
	Number string `xml:"fc2:PhoneNumberText" max:"16"`
}

type identification struct {
	SeqNum     int    `xml:"SeqNum,attr"`
	Number     string `xml:"fc2:PartyIdentificationNumberText,omitempty" max:"25"`
	Type       string `xml:"fc2:PartyIdentificationTypeCode,omitempty"`
	TINUnknown string `xml:"fc2:TINUnknownIndicator,omitempty"`
}

type organization struct {
	SeqNum  int `xml:"SeqNum,attr"`
	Subtype int `xml:"fc2:OrganizationSubtypeID,omitempty"`
	Type    int `xml:"fc2:OrganizationTypeID"`
}

type relation struct {
	SeqNum   int    `xml:"SeqNum,attr"`
	Customer string `xml:"fc2:CustomerIndicator,omitempty"`
	TIN      string `xml:"fc2:SubjectRelationshipFinancialInstitutionTINText,omitempty" max:"25"`
}

type accountsOf struct {
	SeqNum int         `xml:"SeqNum,attr"`
	Type   int         `xml:"fc2:PartyAccountAssociationTypeCode"`
	Held   accountHeld `xml:"fc2:Party"`
}

type accountHeld struct {
	SeqNum         int             `xml:"SeqNum,attr"`
	Type           int             `xml:"fc2:ActivityPartyTypeCode"`
	Identification *identification `xml:"fc2:PartyIdentification"`
	Accounts       []account       `xml:"fc2:Account"`
}

type account struct {
	SeqNum int          `xml:"SeqNum,attr"`
	Number string       `xml:"fc2:AccountNumberText" max:"40"`
	As     accountClose `xml:"fc2:PartyAccountAssociation"`
}

type accountClose struct {
	SeqNum int `xml:"SeqNum,attr"`
	Type   int `xml:"fc2:PartyAccountAssociationTypeCode"`
}

type suspicious struct {
	SeqNum        int              `xml:"SeqNum,attr"`
	AmountUnknown string           `xml:"fc2:AmountUnknownIndicator,omitempty"`
	From          string           `xml:"fc2:SuspiciousActivityFromDateText"`
	To            string           `xml:"fc2:SuspiciousActivityToDateText"`
	Amount        string           `xml:"fc2:TotalSuspiciousAmountText,omitempty"`
	Kinds         []classification `xml:"fc2:SuspiciousActivityClassification"`
}

type classification struct {
	SeqNum  int    `xml:"SeqNum,attr"`
	Other   string `xml:"fc2:OtherSuspiciousActivityTypeText" max:"50"`
	Subtype int    `xml:"fc2:SuspiciousActivitySubtypeID"`
	Type    int    `xml:"fc2:SuspiciousActivityTypeID"`
}

type narrative struct {
	SeqNum int    `xml:"SeqNum,attr"`
	Part   int    `xml:"fc2:ActivityNarrativeSequenceNumber"`
	Text   string `xml:"fc2:ActivityNarrativeText" max:"4000"`
}

// number gives each element its number in the batch, in order.
func number(v reflect.Value, last *int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			number(v.Elem(), last)
		}
	case reflect.Slice:
		for i := range v.Len() {
			number(v.Index(i), last)
		}
	case reflect.Struct:
		if seq := v.FieldByName("SeqNum"); seq.IsValid() {
			*last++
			seq.SetInt(int64(*last))
		}
		for i := range v.NumField() {
			number(v.Field(i), last)
		}
	}
}
