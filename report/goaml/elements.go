package goaml

import "encoding/xml"

// The types of this file are the elements of goAML's XML, in the order that its
// schema demands, under the schema's own names, in JSON as well. Which of them a unit
// knows, which it requires and how long they may be is in its Profile.
//
// The tag one says that exactly one of the fields with its value must be set, the
// tag pair that all of them or none are. The tag is names the type whose rules hold;
// elements of the reporting entity's own clients have rules of their own.

type xmlReport struct {
	XMLName           xml.Name       `xml:"report"`
	EntityID          int            `xml:"rentity_id"`
	Branch            string         `xml:"rentity_branch,omitempty"`
	SubmissionCode    string         `xml:"submission_code"`
	ReportCode        string         `xml:"report_code"`
	EntityReference   string         `xml:"entity_reference"`
	FIURefNumber      string         `xml:"fiu_ref_number,omitempty"`
	SubmissionDate    string         `xml:"submission_date"`
	Currency          string         `xml:"currency_code_local"`
	ReportingPerson   *Person        `xml:"reporting_person,omitempty" is:"t_person_registration_in_report" one:"reporter"`
	ReportingUserCode string         `xml:"reporting_user_code,omitempty" one:"reporter"`
	Location          *Address       `xml:"location,omitempty"`
	Reason            string         `xml:"reason,omitempty"`
	Action            string         `xml:"action,omitempty"`
	Transactions      []*Transaction `xml:"transaction" one:"form" is:"transaction"`
	Activity          *xmlActivity   `xml:"activity,omitempty" one:"form" is:"activity"`
	Indicators        []string       `xml:"report_indicators>indicator,omitempty"`
}

type xmlActivity struct {
	Parties []*xmlParty `xml:"report_parties>report_party" is:"report_party_type"`
}

type xmlParty struct {
	Account      *Account `xml:"account"`
	Significance *int     `xml:"significance"`
	Reason       string   `xml:"reason"`
	Comments     string   `xml:"comments,omitempty"`
}

// A Transaction is one payment as the books of the reporting entity have it. Its
// number is the reference by which the alert names it. Its date is the alert's and is
// left out here.
type Transaction struct {
	Number            string `xml:"transactionnumber" json:"transactionnumber"`
	InternalRefNumber string `xml:"internal_ref_number,omitempty" json:"internal_ref_number"`
	Location          string `xml:"transaction_location" json:"transaction_location"`
	Description       string `xml:"transaction_description" json:"transaction_description"`
	Date              string `xml:"date_transaction" json:"-"`
	Teller            string `xml:"teller,omitempty" json:"teller"`
	Authorized        string `xml:"authorized,omitempty" json:"authorized"`
	ValueDate         string `xml:"value_date,omitempty" json:"value_date"`
	TransmodeCode     string `xml:"transmode_code" json:"transmode_code"`
	TransmodeComment  string `xml:"transmode_comment,omitempty" json:"transmode_comment"`
	AmountLocal       string `xml:"amount_local" json:"amount_local"`
	FromMyClient      *From  `xml:"t_from_my_client" json:"t_from_my_client" is:"t_from_my_client" one:"from"`
	From              *From  `xml:"t_from" json:"t_from" is:"t_from" one:"from"`
	ToMyClient        *To    `xml:"t_to_my_client" json:"t_to_my_client" is:"t_to_my_client" one:"to"`
	To                *To    `xml:"t_to" json:"t_to" is:"t_to" one:"to"`
	Comments          string `xml:"comments,omitempty" json:"comments"`
}

// From is where the money of a transaction comes from.
type From struct {
	FundsCode       string           `xml:"from_funds_code" json:"from_funds_code"`
	FundsComment    string           `xml:"from_funds_comment,omitempty" json:"from_funds_comment"`
	ForeignCurrency *ForeignCurrency `xml:"from_foreign_currency" json:"from_foreign_currency"`
	Account         *Account         `xml:"from_account" json:"from_account" one:"party"`
	Person          *Person          `xml:"from_person" json:"from_person" one:"party"`
	Entity          *Entity          `xml:"from_entity" json:"from_entity" one:"party"`
	Country         string           `xml:"from_country" json:"from_country"`
}

// To is where the money of a transaction goes.
type To struct {
	FundsCode       string           `xml:"to_funds_code" json:"to_funds_code"`
	FundsComment    string           `xml:"to_funds_comment,omitempty" json:"to_funds_comment"`
	ForeignCurrency *ForeignCurrency `xml:"to_foreign_currency" json:"to_foreign_currency"`
	Account         *Account         `xml:"to_account" json:"to_account" one:"party"`
	Person          *Person          `xml:"to_person" json:"to_person" one:"party"`
	Entity          *Entity          `xml:"to_entity" json:"to_entity" one:"party"`
	Country         string           `xml:"to_country" json:"to_country"`
}

// ForeignCurrency is an amount in another currency than the unit's.
type ForeignCurrency struct {
	Code         string `xml:"foreign_currency_code" json:"foreign_currency_code"`
	Amount       string `xml:"foreign_amount" json:"foreign_amount"`
	ExchangeRate string `xml:"foreign_exchange_rate,omitempty" json:"foreign_exchange_rate"`
}

// An Account is one at an institution, or at a platform.
type Account struct {
	InstitutionName    string      `xml:"institution_name,omitempty" json:"institution_name"`
	InstitutionCode    string      `xml:"institution_code,omitempty" json:"institution_code" one:"institution"`
	Swift              string      `xml:"swift,omitempty" json:"swift" one:"institution"`
	NonBank            *Flag       `xml:"non_bank_institution" json:"non_bank_institution"`
	Branch             string      `xml:"branch,omitempty" json:"branch"`
	Account            string      `xml:"account" json:"account"`
	Currency           string      `xml:"currency_code,omitempty" json:"currency_code"`
	Name               string      `xml:"account_name,omitempty" json:"account_name"`
	IBAN               string      `xml:"iban,omitempty" json:"iban"`
	ClientNumber       string      `xml:"client_number,omitempty" json:"client_number"`
	Type               string      `xml:"personal_account_type,omitempty" json:"personal_account_type"`
	Entity             *Entity     `xml:"t_entity" json:"t_entity"`
	Signatories        []Signatory `xml:"signatory" json:"signatory"`
	Opened             string      `xml:"opened,omitempty" json:"opened"`
	Closed             string      `xml:"closed,omitempty" json:"closed"`
	Balance            string      `xml:"balance,omitempty" json:"balance" pair:"balance"`
	DateBalance        string      `xml:"date_balance,omitempty" json:"date_balance" pair:"balance"`
	StatusCode         string      `xml:"status_code,omitempty" json:"status_code"`
	Beneficiary        string      `xml:"beneficiary,omitempty" json:"beneficiary"`
	BeneficiaryComment string      `xml:"beneficiary_comment,omitempty" json:"beneficiary_comment"`
	Comments           string      `xml:"comments,omitempty" json:"comments"`
}

// A Flag is yes or no. It is written as 1 or 0, since elements that may only be yes are
// fixed to 1 in goAML's schema and some validators compare the letters.
type Flag bool

// MarshalXML writes the flag.
func (f Flag) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	n := 0
	if f {
		n = 1
	}
	return e.EncodeElement(n, start)
}

// A Signatory is who may sign for an account.
type Signatory struct {
	Primary *Flag  `xml:"is_primary" json:"is_primary"`
	Person  Person `xml:"t_person" json:"t_person"`
	Role    string `xml:"role,omitempty" json:"role"`
}

// A Person is one as the reporting entity knows it.
type Person struct {
	Gender          string           `xml:"gender,omitempty" json:"gender"`
	Title           string           `xml:"title,omitempty" json:"title"`
	FirstName       string           `xml:"first_name" json:"first_name"`
	MiddleName      string           `xml:"middle_name,omitempty" json:"middle_name"`
	Prefix          string           `xml:"prefix,omitempty" json:"prefix"`
	LastName        string           `xml:"last_name" json:"last_name"`
	Birthdate       string           `xml:"birthdate,omitempty" json:"birthdate"`
	BirthPlace      string           `xml:"birth_place,omitempty" json:"birth_place"`
	MothersName     string           `xml:"mothers_name,omitempty" json:"mothers_name"`
	Alias           string           `xml:"alias,omitempty" json:"alias"`
	SSN             string           `xml:"ssn,omitempty" json:"ssn"`
	PassportNumber  string           `xml:"passport_number,omitempty" json:"passport_number" pair:"passport"`
	PassportCountry string           `xml:"passport_country,omitempty" json:"passport_country" pair:"passport"`
	IDNumber        string           `xml:"id_number,omitempty" json:"id_number"`
	Nationality1    string           `xml:"nationality1,omitempty" json:"nationality1"`
	Nationality2    string           `xml:"nationality2,omitempty" json:"nationality2"`
	Nationality3    string           `xml:"nationality3,omitempty" json:"nationality3"`
	Residence       string           `xml:"residence,omitempty" json:"residence"`
	Phones          []Phone          `xml:"phones>phone,omitempty" json:"phones"`
	Addresses       []Address        `xml:"addresses>address,omitempty" json:"addresses"`
	Emails          []string         `xml:"email" json:"email"`
	Occupation      string           `xml:"occupation,omitempty" json:"occupation"`
	EmployerName    string           `xml:"employer_name,omitempty" json:"employer_name"`
	Identifications []Identification `xml:"identification" json:"identification"`
	TaxNumber       string           `xml:"tax_number,omitempty" json:"tax_number"`
	TaxRegNumber    string           `xml:"tax_reg_number,omitempty" json:"tax_reg_number"`
	SourceOfWealth  string           `xml:"source_of_wealth,omitempty" json:"source_of_wealth"`
	Comments        string           `xml:"comments,omitempty" json:"comments"`
}

// A Director is a person with a role in an entity.
type Director struct {
	Person
	Role string `xml:"role,omitempty" json:"role"`
}

// An Entity is a legal person.
type Entity struct {
	Name                 string     `xml:"name" json:"name"`
	CommercialName       string     `xml:"commercial_name,omitempty" json:"commercial_name"`
	LegalForm            string     `xml:"incorporation_legal_form,omitempty" json:"incorporation_legal_form"`
	IncorporationNumber  string     `xml:"incorporation_number,omitempty" json:"incorporation_number"`
	Business             string     `xml:"business,omitempty" json:"business"`
	Phones               []Phone    `xml:"phones>phone,omitempty" json:"phones"`
	Addresses            []Address  `xml:"addresses>address,omitempty" json:"addresses"`
	Emails               []string   `xml:"email" json:"email"`
	URL                  string     `xml:"url,omitempty" json:"url"`
	IncorporationState   string     `xml:"incorporation_state,omitempty" json:"incorporation_state"`
	IncorporationCountry string     `xml:"incorporation_country_code,omitempty" json:"incorporation_country_code"`
	Directors            []Director `xml:"director_id" json:"director_id" is:"director_id"`
	IncorporationDate    string     `xml:"incorporation_date,omitempty" json:"incorporation_date"`
	TaxNumber            string     `xml:"tax_number,omitempty" json:"tax_number"`
	TaxRegNumber         string     `xml:"tax_reg_number,omitempty" json:"tax_reg_number"`
	Comments             string     `xml:"comments,omitempty" json:"comments"`
}

// An Address is one of a person, an entity or a place.
type Address struct {
	Type     string `xml:"address_type" json:"address_type"`
	Address  string `xml:"address" json:"address"`
	Town     string `xml:"town,omitempty" json:"town"`
	City     string `xml:"city" json:"city"`
	Zip      string `xml:"zip,omitempty" json:"zip"`
	Country  string `xml:"country_code" json:"country_code"`
	State    string `xml:"state,omitempty" json:"state"`
	Comments string `xml:"comments,omitempty" json:"comments"`
}

// A Phone is a telephone.
type Phone struct {
	ContactType       string `xml:"tph_contact_type" json:"tph_contact_type"`
	CommunicationType string `xml:"tph_communication_type" json:"tph_communication_type"`
	CountryPrefix     string `xml:"tph_country_prefix,omitempty" json:"tph_country_prefix"`
	Number            string `xml:"tph_number" json:"tph_number"`
	Extension         string `xml:"tph_extension,omitempty" json:"tph_extension"`
	Comments          string `xml:"comments,omitempty" json:"comments"`
}

// An Identification is a person's document.
type Identification struct {
	Type         string `xml:"type" json:"type"`
	Number       string `xml:"number" json:"number"`
	IssueDate    string `xml:"issue_date" json:"issue_date"`
	ExpiryDate   string `xml:"expiry_date" json:"expiry_date"`
	IssuedBy     string `xml:"issued_by,omitempty" json:"issued_by"`
	IssueCountry string `xml:"issue_country" json:"issue_country"`
	Comments     string `xml:"comments,omitempty" json:"comments"`
}
