package nlu

import "slices"

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

// Understanding is what one turn means.
type Understanding struct {
	Raw   string `json:"raw"`   // as it came, for people
	Clean string `json:"clean"` // as it was matched
	// Control is the command that every dialog obeys (repeat, goodbye …), ActNone if it is none.
	Control Act `json:"control,omitempty"`

	Act           Act     `json:"act"`
	ActScore      float64 `json:"act_score"` // calibrated, 0…1
	Category      string  `json:"category,omitempty"`
	CategoryScore float64 `json:"category_score,omitempty"`

	// Entries are the knowledge entries that may answer, best first; scores are calibrated chances.
	Entries []Hit `json:"entries,omitempty"`
	// Answer is the entry to answer with at once, "" when none is sure enough.
	Answer string `json:"answer,omitempty"`

	Emergency *Emergency `json:"emergency,omitempty"`
	Evidence  []Reason   `json:"evidence,omitempty"`
}

// Emergency is a danger to life or property that a sentence tells of.
type Emergency struct {
	Kind     string  `json:"kind"`    // fire gas suicide faint blood crash violence drown collapse trapped electric lost poison scam, "" if unknown
	Service  string  `json:"service"` // 110, 119 or 120
	SelfHarm bool    `json:"self_harm,omitempty"`
	Score    float64 `json:"score"`
}

// Reason is one piece of evidence: what it speaks for, the feature or rule, and its weight.
type Reason struct {
	For     string  `json:"for"`
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

// Input is one turn.
type Input struct {
	Text string
	// Alternatives are further recognitions of the same sound, best first.
	Alternatives []string
	Channel      string // voice or text
}
