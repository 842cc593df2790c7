package payments

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
