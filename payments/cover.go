package payments

import (
	"strings"
	"unicode"
)

// A Class is what the text of a payment speaks of, of those that AUSTRAC and
// FATF name as covers. Each is first of all what innocent people write.
type Class string

// The classes.
const (
	School        Class = "school" // uniform and school
	Medical       Class = "medical"
	Accommodation Class = "accommodation"
	FamilySupport Class = "family-support"
	Education     Class = "education"
	SocialHandle  Class = "social-handle" // a name on a social network, or the network's
)

// classes has the classes in their order, and for each the words that make it:
// in English, Filipino, Spanish, Portuguese, French, German and Indonesian, in
// lower case, without accents. The classes are AUSTRAC's and FATF's; the words
// are ours [A]. Words of lessons are left out on purpose: tutors are paid so.
var classes = []struct {
	class Class
	words map[string]bool
}{
	{School, wordSet(`uniform uniforms school schoolbag
		uniporme eskwela eskwelahan paaralan
		uniforme escuela colegio escola ecole schuluniform schule seragam sekolah`)},
	{Medical, wordSet(`medical medicine medicines medication hospital doctor clinic surgery dental
		gamot ospital doktor medisina
		medicina medicinas medico remedio medicament medicaments hopital medecin
		medizin krankenhaus arzt obat dokter klinik`)},
	{Accommodation, wordSet(`accommodation rent rental hotel lodging apartment room
		upa renta tirahan
		alquiler alojamiento aluguel alojamento loyer logement hebergement
		miete unterkunft sewa kontrakan kos penginapan`)},
	{FamilySupport, wordSet(`family support allowance groceries food
		pamilya sustento allowans pagkain
		familia apoyo manutencion comida ajuda sustento famille soutien aide nourriture
		familie unterhalt lebensmittel keluarga nafkah makanan`)},
	{Education, wordSet(`education tuition scholarship college university books
		edukasyon matrikula libro
		educacion matricula beca universidad educacao mensalidade bolsa faculdade
		scolarite bourse universite ausbildung studium stipendium pendidikan beasiswa kuliah`)},
	{SocialHandle, wordSet(`telegram whatsapp snapchat skype wechat viber messenger instagram insta discord kik tiktok`)},
}

// classify returns the classes of a payment's text, in their order.
func classify(text []string) []Class {
	found := make(map[Class]bool)
	for _, line := range text {
		for _, word := range words(line) {
			for _, c := range classes {
				if c.words[word] {
					found[c.class] = true
				}
			}
		}
		for field := range strings.FieldsSeq(line) {
			if isHandle(field) {
				found[SocialHandle] = true
			}
		}
	}
	var in []Class
	for _, c := range classes {
		if found[c.class] {
			in = append(in, c.class)
		}
	}
	return in
}

// isHandle tells a name on a social network: @ and 3 to 30 letters, digits,
// dots or underscores. In an e-mail address the @ is not the first.
func isHandle(field string) bool {
	name, ok := strings.CutPrefix(strings.Trim(field, "(),;:!?"), "@")
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_'
	})
	return ok && !odd && len(name) >= 3 && len(name) <= 30
}
