package nlu

import (
	"slices"

	"github.com/hotline-cc/hotline"
)

// The acts of a turn, as the labelling guide of the pack has them. ActAgent is among the acts that
// every dialog understands.
const (
	ActAsk        Act = "ask"
	ActComplain   Act = "complain"
	ActReport     Act = "report"
	ActSuggest    Act = "suggest"
	ActPraise     Act = "praise"
	ActFollowup   Act = "followup"
	ActEmergency  Act = "emergency"
	ActChitchat   Act = "chitchat"
	ActAbuse      Act = "abuse"
	ActOutOfScope Act = "out_of_scope"
)

// Acts lists the acts a sentence can be classified as.
func Acts() []Act {
	return []Act{ActAsk, ActComplain, ActReport, ActSuggest, ActPraise, ActFollowup, ActEmergency, ActAgent, ActChitchat, ActAbuse, ActOutOfScope}
}

func knownAct(a Act) bool { return slices.Contains(Acts(), a) }

// Understanding is what one turn means. Confidences are calibrated chances from 0 to 1.
type Understanding struct {
	Raw   string `json:"raw"`   // as it came, for people
	Clean string `json:"clean"` // as it was matched

	Act                Act     `json:"act"`
	ActConfidence      float64 `json:"act_confidence"`
	Category           string  `json:"category,omitempty"` // of acts that have a subject
	CategoryConfidence float64 `json:"category_confidence,omitempty"`

	// Entries are the knowledge entries that may answer, best first, at most five.
	Entries []Entry `json:"entries,omitempty"`
	// Answer is the entry to answer with at once, "" when none is sure enough.
	Answer string `json:"answer,omitempty"`

	Emergency *Emergency `json:"emergency,omitempty"` // with ActEmergency only
	Agent     bool       `json:"agent,omitempty"`     // a person is wanted, whatever else is said
	Anger     bool       `json:"anger,omitempty"`
	Abuse     bool       `json:"abuse,omitempty"` // insults, alone or along with a matter

	// Control is the first of Controls, ActNone without any.
	Control Act `json:"control,omitempty"`
	// Controls are what is said to the machine rather than about a matter: repeat, slower, anonymous …
	Controls []Act `json:"controls,omitempty"`

	Evidence []Reason `json:"evidence,omitempty"`
}

// Has reports whether a control was said.
func (u Understanding) Has(control Act) bool { return slices.Contains(u.Controls, control) }

// Entry is a knowledge entry that may answer.
type Entry struct {
	ID         string  `json:"id"`
	Confidence float64 `json:"confidence"`
}

// EmergencyKind is what kind of danger there is. Each has one fixed script.
type EmergencyKind string

// The kinds of danger.
const (
	Fire        EmergencyKind = "fire"
	Gas         EmergencyKind = "gas"
	Suicide     EmergencyKind = "suicide"
	Medical     EmergencyKind = "medical" // unconscious, bleeding, giving birth
	Poisoning   EmergencyKind = "poisoning"
	Accident    EmergencyKind = "accident" // of traffic
	Crime       EmergencyKind = "crime"
	Drowning    EmergencyKind = "drowning" // and floods
	Collapse    EmergencyKind = "collapse" // and explosions, slides
	Trapped     EmergencyKind = "trapped"
	Electricity EmergencyKind = "electricity"
	Lost        EmergencyKind = "lost"  // a child or an old person
	Fraud       EmergencyKind = "fraud" // money that has just gone
	OtherDanger EmergencyKind = "other"
)

// Emergency is a danger to life or property that a sentence tells of.
type Emergency struct {
	Kind       EmergencyKind `json:"kind"`
	Service    string        `json:"service"` // who must come: 110, 119 or 120
	Confidence float64       `json:"confidence"`
}

// Reason is one piece of evidence: what it speaks for, the feature or rule, and its weight.
type Reason = hotline.Evidence
