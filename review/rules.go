package review

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// An Action is something that a person may want to do.
type Action string

// The actions.
const (
	List       Action = "list cases"
	Look       Action = "look at the case"
	Glimpse    Action = "see its images blurred"
	SeeImages  Action = "see its images"
	Claim      Action = "claim the case"
	Keep       Action = "keep the case"
	Release    Action = "release the case"
	Take       Action = "take the case from who has it"
	Decide     Action = "decide the case"
	Second     Action = "decide the case as the second person"
	Settle     Action = "settle what two persons see differently"
	BreakGlass Action = "confirm the case alone"
	Undo       Action = "take a word back"
	Recuse     Action = "have no part in the case"
	Exclude    Action = "give somebody no part in the case"
	Oversee    Action = "oversee a decision made alone"
	Answer     Action = "answer an appeal"
	Weigh      Action = "weigh a centre's word against a decision"
	Supervise  Action = "see how the work goes"
	Export     Action = "export numbers"
	Administer Action = "set limits"
	LoadGolden Action = "load golden cases"
	TakeOut    Action = "take the case out in a bundle"
	Hold       Action = "put the evidence under a legal hold"
	LiftHold   Action = "lift the legal hold"

	SeeFilings  Action = "see what is on its way to centres"
	RetryFiling Action = "have a filing tried again"
)

// The errors of the rules. ErrStale and ErrNotOpen are among them.
var (
	ErrDenied   = errors.New("this role may not")
	ErrRecused  = errors.New("the person has no part in this case")
	ErrClaimed  = errors.New("another person has the case in hand")
	ErrNotYours = errors.New("the case is not in this person's hands")
	ErrSame     = errors.New("the same person has said already what they think of it")
	ErrStep     = errors.New("the case waits for another step")
	ErrDanger   = errors.New("a decision alone needs the danger put in words, in 20 characters or more")
	ErrStandIn  = errors.New("a program may stand in for a person only where the policy takes one person")
	ErrTooLate  = errors.New("there is nothing of this person's that can still be taken back")
	ErrOversee  = errors.New("the decision is not one that this person has to oversee")
	ErrAnswered = errors.New("the appeal was answered")
	ErrJudge    = errors.New("who had a word in the decision may not answer the appeal against it")
	ErrPause    = errors.New("it is time for a pause")
	ErrEnough   = errors.New("that is enough for today")
	ErrHeld     = errors.New("the evidence is under a legal hold already")
	ErrNotHeld  = errors.New("the evidence is under no legal hold")
	ErrErased   = errors.New("what was known of the case was erased when its time was over")
)

// A step is what a case waits for, by how many words stand on it that decide nothing yet.
type step int

const (
	untouched step = iota // nobody has said anything
	seconded              // one person said something that takes another
	disputed              // the second said something else
)

// minDanger is how many bytes it takes to put a danger in words.
const minDanger = 20

// facts are what a rule may look at: who, and how the case stands.
type facts struct {
	who    Person
	now    time.Time
	policy Policy

	state State
	step  step
	// current is the digest of the newest record, seen what the person saw, and first
	// what the first person saw, where there was one.
	current, seen, first string
	firstSaid            Verdict
	spoke                bool // the person has a standing word on the case
	recused              bool
	holder               string // who has the case in hand now, or ""
	danger               string
	exposure             Exposure // what the person has seen today
	held                 bool     // its evidence is under a legal hold
	probe                bool     // it decides nothing, whoever says what of it
	erased               bool     // nothing is known of it any more

	lastBy   string    // who said the last word that stands; "" for none
	lastAt   time.Time // when
	gone     bool      // what it ordered has left
	deciders []string  // who made the decision to oversee
	waiting  bool      // the appeal waits for an answer
	judges   []string  // who had a word in what it objects to
	oversee  bool      // the decision was made alone in danger, and nobody has overseen it
}

// A need is a condition with the error that says it is not met.
type need struct {
	err error
	met func(f facts) bool
}

var (
	waits      = need{ErrNotOpen, func(f facts) bool { return f.state.waits() }}
	stillAsked = need{ErrNotOpen, func(f facts) bool { return !f.probe || f.step == untouched }}
	hasPart    = need{ErrRecused, func(f facts) bool { return !f.recused }}
	free       = need{ErrClaimed, func(f facts) bool { return f.holder == "" || f.holder == f.who.ID }}
	inHand     = need{ErrNotYours, func(f facts) bool { return f.holder == f.who.ID }}
	taken      = need{ErrNotYours, func(f facts) bool { return f.holder != "" }}
	asItIs     = need{ErrStale, func(f facts) bool { return f.seen == f.current }}
	asTheFirst = need{ErrStale, func(f facts) bool { return f.seen == f.first }}
	newVoice   = need{ErrSame, func(f facts) bool { return !f.spoke }}
	forThem    = need{ErrStep, func(f facts) bool { return f.step != disputed || f.who.Is(overseers...) }}
	isFirst    = need{ErrStep, func(f facts) bool { return f.step == untouched }}
	isSecond   = need{ErrStep, func(f facts) bool { return f.step == seconded }}
	isThird    = need{ErrStep, func(f facts) bool { return f.step == disputed }}
	inDanger   = need{ErrDanger, func(f facts) bool { return len(f.danger) >= minDanger }}
	noProgram  = need{ErrStandIn, func(f facts) bool { return !f.who.StandIn || f.policy.Persons == 1 }}
	ownWord    = need{ErrTooLate, func(f facts) bool { return f.lastBy == f.who.ID }}
	inTime     = need{ErrTooLate, func(f facts) bool { return f.now.Before(f.lastAt.Add(f.policy.Undo)) }}
	stillHere  = need{ErrTooLate, func(f facts) bool { return !f.gone }}
	unseenYet  = need{ErrOversee, func(f facts) bool { return f.oversee }}
	unanswered = need{ErrAnswered, func(f facts) bool { return f.waiting }}
	noJudge    = need{ErrJudge, func(f facts) bool { return !slices.Contains(f.judges, f.who.ID) }}
	aPerson    = need{ErrStandIn, func(f facts) bool { return !f.who.StandIn }}
	rested     = need{ErrPause, func(f facts) bool { return !f.now.Before(f.exposure.Rest) }}
	notEnough  = need{ErrEnough, func(f facts) bool { return !f.exposure.Reached }}
	notHeld    = need{ErrHeld, func(f facts) bool { return !f.held }}
	isHeld     = need{ErrNotHeld, func(f facts) bool { return f.held }}
	kept       = need{ErrErased, func(f facts) bool { return !f.erased }}
	fewImages  = need{ErrImages, func(f facts) bool { return !f.exposure.NoImages }}
	noAuditor  = need{ErrDenied, func(f facts) bool { return !f.who.Is(RoleAuditor) }}
	notOwn     = need{ErrOversee, func(f facts) bool { return !slices.Contains(f.deciders, f.who.ID) }}
)

// A rule says who may do something, and what must be so.
type rule struct {
	by    []Role
	needs []need
}

var (
	deciders  = []Role{RoleReviewer, RoleSupervisor}
	lookers   = []Role{RoleReviewer, RoleSupervisor, RoleAuditor}
	overseers = []Role{RoleSupervisor}
)

// rules is the whole of them: an action that is not in it, or a role that is not in its
// row, is refused.
var rules = map[Action]rule{
	List: {lookers, nil},
	Look: {lookers, []need{hasPart}},
	// An image is for who must decide, while they do, and never for who audits, whatever
	// else they are. In the clear it waits for a pause and counts.
	Glimpse:   {deciders, []need{noAuditor, hasPart, inHand}},
	SeeImages: {deciders, []need{noAuditor, hasPart, inHand, rested, fewImages}},

	// What a person has in hand they may finish; a new case waits until they have rested.
	Claim:   {deciders, []need{waits, stillAsked, hasPart, free, newVoice, forThem, rested, notEnough}},
	Keep:    {deciders, []need{waits, inHand}},
	Release: {deciders, []need{inHand}},
	Take:    {overseers, []need{taken}},

	// A confirmation names a person to a centre and so takes two; a dismissal takes one,
	// save for the share that the policy puts before a second.
	Decide:     {deciders, []need{waits, hasPart, free, asItIs, isFirst, noProgram}},
	Second:     {deciders, []need{waits, hasPart, free, asItIs, asTheFirst, isSecond, newVoice, noProgram}},
	Settle:     {overseers, []need{waits, hasPart, free, asItIs, asTheFirst, isThird, newVoice, noProgram}},
	BreakGlass: {deciders, []need{waits, hasPart, free, asItIs, inDanger, noProgram}},
	Undo:       {deciders, []need{ownWord, inTime, stillHere}},

	Recuse:  {deciders, nil},
	Exclude: {overseers, nil},
	Oversee: {overseers, []need{unseenYet, notOwn}},
	// A centre's word that an alert was wrong takes nothing back: a person looks at it.
	Weigh: {overseers, []need{unseenYet, notOwn}},

	// A bundle from here has windows as they lie, encrypted, so an auditor may have one.
	TakeOut: {[]Role{RoleSupervisor, RoleAuditor}, []need{hasPart, kept}},
	// A case that was decided against somebody may still be asked for by a court.
	Hold:     {overseers, []need{kept, notHeld}},
	LiftHold: {overseers, []need{isHeld}},
	// One suffices: somebody else than those who decided, a person in every case, who has
	// the case before them as it is.
	Answer: {deciders, []need{unanswered, hasPart, noJudge, aPerson, asItIs}},

	SeeFilings:  {[]Role{RoleSupervisor, RoleAuditor}, nil},
	RetryFiling: {overseers, []need{hasPart}},

	LoadGolden: {overseers, nil},
	Supervise:  {[]Role{RoleSupervisor, RoleAuditor}, nil},
	Export:     {[]Role{RoleSupervisor, RoleAuditor}, nil},
	Administer: {[]Role{RoleAdministrator}, nil},
}

// allow says whether the rules let a person do something, or which stands against it.
func allow(a Action, f facts) error {
	r := rules[a]
	denied := fmt.Errorf("%w %s", ErrDenied, a)
	if !f.who.Is(r.by...) {
		return denied
	}
	for _, n := range r.needs {
		switch {
		case n.met(f):
		case errors.Is(n.err, ErrDenied):
			return denied
		default:
			return n.err
		}
	}
	return nil
}

// May reports whether a person's roles let them do something, whatever the case: pages
// ask it for what to offer. That it is done is checked again.
func (p Person) May(a Action) bool { return p.Is(rules[a].by...) }
