package payments

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/vigil-stream/vigil/signal"
)

// maxNameWords limits the words of a name that are compared.
const maxNameWords = 8

// Split makes the two transfers of a transaction: first the sender's, then the
// recipient's. Names, accounts and text stay behind.
func (t Transaction) Split(tok *signal.Tokenizer) [2]Transfer {
	sender := Transfer{
		Subject: t.subject(tok, t.Debtor, signal.Sender), Role: signal.Sender,
		Other:       t.subject(tok, t.Creditor, signal.Recipient),
		Institution: t.Institution, Ref: t.Ref, ID: TransferID(t.Institution, t.Ref, signal.Sender),
		At: t.At.UTC().Truncate(time.Second), Amount: t.Amount, Currency: t.Currency,
		Country: t.Debtor.Country, OtherCountry: t.Creditor.Country,
		Names: nameTokens(tok, t.Debtor.Name), OtherNames: nameTokens(tok, t.Creditor.Name),
		Classes: classify(t.Remittance), Purpose: t.Purpose,
	}
	recipient := sender
	recipient.Role, recipient.ID = signal.Recipient, TransferID(t.Institution, t.Ref, signal.Recipient)
	recipient.Subject, recipient.Other = sender.Other, sender.Subject
	recipient.Country, recipient.OtherCountry = sender.OtherCountry, sender.Country
	recipient.Names, recipient.OtherNames = sender.OtherNames, sender.Names
	return [2]Transfer{sender, recipient}
}

// subject is the token of a party by the order that the package's text gives.
func (t Transaction) subject(tok *signal.Tokenizer, p Party, role signal.Role) signal.Subject {
	issuer := p.Issuer
	if issuer == "" {
		issuer = p.Agent
	}
	for _, c := range []struct{ issuer, id string }{
		{p.Agent, p.Proxy}, {p.Agent, p.IBAN}, {issuer, p.Account},
		{p.Agent, p.Mobile}, {p.Agent, p.Phone}, {p.Agent, p.Email},
	} {
		// Without an issuer only an id that is one everywhere names an account.
		bare := strings.HasPrefix(signal.Normalise(c.issuer, c.id), "id:")
		if strings.TrimSpace(c.id) != "" && (c.issuer != "" || !bare) {
			return tok.Subject(c.issuer, c.id)
		}
	}
	if words := words(p.Name); len(words) > 0 && p.Agent != "" {
		return tok.Subject("name at "+p.Agent, strings.Join(words, " "))
	}
	// Nobody can be told from this end, so it must join nothing.
	return tok.Subject("unknown end at "+t.Institution, string(role)+" of "+t.Ref)
}

// notNames are words in names that many strangers share: particles, titles and
// forms of companies.
var notNames = wordSet(`
	al bin binti bint da das de del dela della den der di do dos du e el la las le los san santa st van vd von y
	dr herr frau miss mr mrs ms prof sr jr sir
	ag bank bv co company corp foundation gmbh inc limited llc ltd nv oy plc pte pty sa sas srl
	and the und et`)

// nameTokens makes tokens of the words of a name. Which word is the family name
// is not said in a payment, and its place differs between countries. So any word
// in common counts as a tie (notNames apart), which errs on the side of the
// innocent: strangers who share a given name are taken for relatives.
func nameTokens(tok *signal.Tokenizer, name string) []string {
	var tokens []string
	for _, word := range words(name) {
		if len([]rune(word)) > 1 && !notNames[word] && len(tokens) < maxNameWords {
			tokens = append(tokens, tok.Surname(word))
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// words returns the words of a text in lower case without accents.
func words(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

// fold lowers a text and takes the accents off its letters.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
}

func wordSet(list string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}
