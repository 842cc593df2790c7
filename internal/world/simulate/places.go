package simulate

// A place is a country of the world: how its money compares with the Australian dollar,
// to what its amounts are rounded, and its clock.
type place struct {
	code, currency string
	perAUD         float64 // units of its currency for one AUD, roughly
	step           float64 // amounts are rounded to so many units, or to twice as many
	zone           int64   // seconds east of Greenwich, without summer time
	names          int     // the pool its names are from
	banks          [3]string
	dial           string
}

const hour = int64(3600)

// The countries. Rates are of 2025, to a digit; nothing here needs more.
var places = []place{
	{"AU", "AUD", 1, 5, 10 * hour, 0, [3]string{"DEMOAU2SXXX", "TESTAU3MXXX", "Remitter Demo AU"}, "+61"},
	{"US", "USD", 0.65, 5, -6 * hour, 0, [3]string{"DEMOUS33XXX", "TESTUS44XXX", "Remitter Demo US"}, "+1"},
	{"GB", "GBP", 0.5, 5, 0, 0, [3]string{"DEMOGB2LXXX", "TESTGB22XXX", "Remitter Demo GB"}, "+44"},
	{"DE", "EUR", 0.57, 5, 1 * hour, 1, [3]string{"DEMODEFFXXX", "TESTDEBBXXX", "Remitter Demo DE"}, "+49"},
	{"NL", "EUR", 0.57, 5, 1 * hour, 1, [3]string{"DEMONL2AXXX", "TESTNL2RXXX", "Remitter Demo NL"}, "+31"},
	{"SE", "SEK", 6.3, 50, 1 * hour, 1, [3]string{"DEMOSESSXXX", "TESTSE22XXX", "Remitter Demo SE"}, "+46"},
	{"CA", "CAD", 0.9, 5, -5 * hour, 0, [3]string{"DEMOCATTXXX", "TESTCA2TXXX", "Remitter Demo CA"}, "+1"},
	{"FR", "EUR", 0.57, 5, 1 * hour, 2, [3]string{"DEMOFRPPXXX", "TESTFR21XXX", "Remitter Demo FR"}, "+33"},
	{"AE", "AED", 2.4, 20, 4 * hour, 3, [3]string{"DEMOAEADXXX", "TESTAEA1XXX", "Remitter Demo AE"}, "+971"},
	{"PH", "PHP", 37, 100, 8 * hour, 4, [3]string{"DEMOPHMMXXX", "TESTPH22XXX", "Wallet Demo PH"}, "+63"},
	{"MX", "MXN", 12, 50, -6 * hour, 2, [3]string{"DEMOMXMMXXX", "TESTMX22XXX", "Wallet Demo MX"}, "+52"},
	{"IN", "INR", 56, 100, 5*hour + 1800, 5, [3]string{"DEMOINBBXXX", "TESTIN55XXX", "Wallet Demo IN"}, "+91"},
	{"NG", "NGN", 1000, 1000, 1 * hour, 6, [3]string{"DEMONGLAXXX", "TESTNG22XXX", "Wallet Demo NG"}, "+234"},
	{"TR", "TRY", 26, 50, 3 * hour, 3, [3]string{"DEMOTRISXXX", "TESTTR22XXX", "Wallet Demo TR"}, "+90"},
	{"MA", "MAD", 6, 20, 1 * hour, 3, [3]string{"DEMOMAMCXXX", "TESTMA22XXX", "Wallet Demo MA"}, "+212"},
	{"RO", "RON", 2.9, 10, 2 * hour, 2, [3]string{"DEMOROBUXXX", "TESTRO22XXX", "Wallet Demo RO"}, "+40"},
	{"TH", "THB", 21, 50, 7 * hour, 5, [3]string{"DEMOTHBKXXX", "TESTTH22XXX", "Wallet Demo TH"}, "+66"},
	{"CO", "COP", 2600, 5000, -5 * hour, 2, [3]string{"DEMOCOBBXXX", "TESTCO22XXX", "Wallet Demo CO"}, "+57"},
}

// The corridors that money takes across borders, from whom it is sent to who gets it.
var corridorNames = [...]string{
	"AU-PH", "US-PH", "GB-PH", "CA-PH", "SE-PH", "DE-PH", "AE-PH", "US-MX", "US-IN", "AE-IN",
	"GB-NG", "DE-TR", "FR-MA", "DE-RO", "GB-RO", "NL-TR", "AU-TH", "SE-TH", "US-CO", "GB-IN",
	"US-GB", "GB-AU", "FR-DE", "NL-DE",
}

var corridorInnocent = [len(corridorNames)]float64{
	4, 14, 3, 4, 0.7, 1.5, 6, 25, 10, 9, 5, 4, 4, 4, 3, 1.5, 1.5, 0.7, 4, 5, 4, 2, 4, 4,
}

var corridorOffender = [len(corridorNames)]float64{
	20, 20, 12, 6, 6, 7, 0.5, 2, 1, 0.5, 0.5, 0.5, 0.5, 4, 4, 0.5, 4, 2, 4, 0.5, 1.5, 0.5, 1, 1,
}

// corridor returns the indexes in places of the two ends of a corridor.
func corridorEnds(i int) (from, to uint8) {
	name := corridorNames[i]
	return placeOf(name[:2]), placeOf(name[3:])
}

func placeOf(code string) uint8 {
	for i, p := range places {
		if p.code == code {
			return uint8(i)
		}
	}
	panic("simulate: no place " + code) // a test goes through all corridors
}

// Names are put together from syllables, so that they are plainly made up and as often
// shared as family names are: some 300 a pool.
var (
	surnameHeads = [7][]string{
		{"Ash", "Brad", "Carr", "Dal", "East", "Fenn", "Gar", "Hart", "Ken", "Lang", "Mar", "Nor", "Pem", "Rad", "Stan", "Thorn", "Wex"},
		{"Acker", "Berg", "Dorn", "Eich", "Feld", "Grun", "Holz", "Klein", "Lind", "Muhl", "Nord", "Oster", "Rosen", "Stein", "Tannen", "Vogel", "Wald"},
		{"Alva", "Bel", "Cara", "Dora", "Esco", "Fonta", "Gara", "Hera", "Lora", "Mora", "Nava", "Ola", "Pala", "Roma", "Sala", "Toro", "Vila"},
		{"Abd", "Bakr", "Demi", "Eren", "Far", "Gul", "Ham", "Kara", "Mah", "Nas", "Oz", "Qas", "Rah", "Sab", "Tan", "Yil", "Zay"},
		{"Ala", "Bala", "Cata", "Dima", "Ebo", "Gali", "Ila", "Laca", "Maca", "Mana", "Nara", "Paga", "Quia", "Rama", "Sina", "Taga", "Uma"},
		{"Agar", "Bhat", "Chand", "Dev", "Gup", "Iyer", "Jos", "Kap", "Mal", "Nai", "Pat", "Rao", "Seth", "Tha", "Var", "Wong", "Yad"},
		{"Ade", "Bola", "Chi", "Dike", "Ebe", "Femi", "Ike", "Kole", "Nna", "Obi", "Oke", "Ola", "Sade", "Tunde", "Uche", "Wale", "Zuma"},
	}
	surnameTails = [7][]string{
		{"bury", "don", "field", "ford", "ham", "hurst", "ley", "man", "mere", "mont", "more", "ridge", "ship", "son", "stow", "ton", "well", "wick"},
		{"au", "bach", "baum", "beck", "berg", "bruck", "dorf", "er", "hof", "horst", "mann", "meier", "rath", "sen", "stadt", "thal", "walter", "wig"},
		{"dero", "do", "gan", "lez", "ldi", "mar", "nez", "nti", "quez", "rdo", "rez", "sco", "so", "ta", "tti", "val", "vez", "zzo"},
		{"ari", "at", "bay", "dag", "demir", "er", "gin", "ham", "im", "kan", "li", "madi", "oglu", "rani", "soy", "tas", "uri", "zade"},
		{"bay", "cas", "dan", "gan", "go", "lang", "lino", "mat", "nes", "ngco", "pan", "ran", "san", "tan", "ting", "tuan", "wan", "yan"},
		{"adkar", "aka", "ani", "arya", "bhan", "desh", "gaon", "hotra", "ia", "jan", "kar", "lal", "mani", "nath", "puri", "ran", "singhe", "wal"},
		{"adi", "bayo", "chukwu", "dayo", "fe", "gbo", "ka", "lu", "mbo", "ndu", "nwa", "osa", "shola", "tola", "ubu", "we", "yemi", "zie"},
	}
	givenNames = [7][]string{
		{"Alder", "Birch", "Clover", "Dale", "Ember", "Flint", "Glade", "Heath", "Ivy", "Juniper", "Lark", "Moss", "Olive", "Reed", "Sage", "Wren"},
		{"Ahorn", "Bruna", "Distel", "Erle", "Fenja", "Ginst", "Hasel", "Immo", "Kiefer", "Linde", "Malve", "Oda", "Raute", "Ulme", "Veit", "Wicke"},
		{"Alba", "Bruno", "Cielo", "Dalia", "Estela", "Flor", "Gala", "Iris", "Jazmin", "Luz", "Mar", "Nieve", "Olmo", "Perla", "Rio", "Sol"},
		{"Aslan", "Bahar", "Ceren", "Deniz", "Elif", "Ferah", "Gonca", "Hilal", "Irmak", "Jale", "Kumru", "Lale", "Mavi", "Nehir", "Pinar", "Yasmin"},
		{"Amihan", "Bituin", "Dalisay", "Diwa", "Gabay", "Hiraya", "Ilaw", "Kidlat", "Ligaya", "Luntian", "Mayumi", "Ning", "Sinag", "Tala", "Ulan", "Yumi"},
		{"Akash", "Bela", "Champa", "Daya", "Ganga", "Hari", "Indu", "Jaya", "Kiran", "Lata", "Megha", "Nila", "Padma", "Ravi", "Surya", "Usha"},
		{"Ayo", "Bisi", "Dayo", "Eniola", "Funmi", "Ife", "Jide", "Kemi", "Lola", "Moyo", "Ngozi", "Obi", "Remi", "Sola", "Temi", "Yinka"},
	}
)
