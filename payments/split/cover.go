package split

import (
	"strings"
	"unicode"

	"github.com/vigil-stream/vigil/payments"
)

// coverWords has for each class, in the order of classes, the words that make it:
// in English, Filipino, Spanish, Portuguese, French, German and Indonesian, in
// lower case, without accents. The classes are AUSTRAC's and FATF's; the words
// are ours [A]. Words of lessons are left out on purpose: tutors are paid so.
var coverWords = classWords([]string{
	/* School */ `uniform uniforms school schoolbag
		uniporme eskwela eskwelahan paaralan
		uniforme escuela colegio escola ecole schuluniform schule seragam sekolah`,
	/* Medical */ `medical medicine medicines medication hospital doctor clinic surgery dental
		gamot ospital doktor medisina
		medicina medicinas medico remedio medicament medicaments hopital medecin
		medizin krankenhaus arzt obat dokter klinik`,
	/* Accommodation */ `accommodation rent rental hotel lodging apartment room
		upa renta tirahan
		alquiler alojamiento aluguel alojamento loyer logement hebergement
		miete unterkunft sewa kontrakan kos penginapan`,
	/* FamilySupport */ `family support allowance groceries food
		pamilya sustento allowans pagkain
		familia apoyo manutencion comida ajuda sustento famille soutien aide nourriture
		familie unterhalt lebensmittel keluarga nafkah makanan`,
	/* Education */ `education tuition scholarship college university books
		edukasyon matrikula libro
		educacion matricula beca universidad educacao mensalidade bolsa faculdade
		scolarite bourse universite ausbildung studium stipendium pendidikan beasiswa kuliah`,
	/* SocialHandle */ `telegram whatsapp snapchat skype wechat viber messenger instagram insta discord kik tiktok`,
})

// classes are in the order of a Transfer's Classes.
var classes = []payments.Class{
	payments.School, payments.Medical, payments.Accommodation, payments.FamilySupport, payments.Education, payments.SocialHandle,
}

const handleBit = 1 << 5 // of SocialHandle

func classWords(lists []string) map[string]uint8 {
	bits := make(map[string]uint8)
	for i, list := range lists {
		for word := range strings.FieldsSeq(list) {
			bits[word] |= 1 << i
		}
	}
	return bits
}

// classSets has the classes of each set of bits, so that no transfer makes its own.
var classSets = func() (sets [1 << 6][]payments.Class) {
	for set := range sets {
		for i, c := range classes {
			if set&(1<<i) != 0 {
				sets[set] = append(sets[set], c)
			}
		}
	}
	return sets
}()

// classify returns the classes of a payment's text, in their order. Nobody may
// change what it returns.
func classify(text []string) []payments.Class {
	var found uint8
	var scratch [160]byte
	for _, line := range text {
		for word, rest := nextWord(appendFolded(scratch[:0], line)); word != nil; word, rest = nextWord(rest) {
			found |= coverWords[string(word)]
		}
		if strings.IndexByte(line, '@') < 0 {
			continue
		}
		for field := range strings.FieldsSeq(line) {
			if isHandle(field) {
				found |= handleBit
			}
		}
	}
	return classSets[found]
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
