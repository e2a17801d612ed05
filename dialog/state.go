package dialog

import (
	"maps"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// State is what a dialog remembers between steps. The zero value is a conversation that has not
// begun. It serialises to JSON without loss.
type State struct {
	Channel hotline.Channel `json:"channel,omitempty"`
	Caller  string          `json:"caller,omitempty"` // number or name the person came from
	Now     time.Time       `json:"now,omitzero"`     // of the last event that told the time
	Turns   int             `json:"turns,omitempty"`  // that the person had

	Stack []Frame                   `json:"stack,omitempty"` // flows being followed, innermost last
	Focus Focus                     `json:"focus,omitzero"`
	Facts map[string]Fact           `json:"facts,omitempty"` // by slot
	Trail []string                  `json:"trail,omitempty"` // slots in the order they were asked for
	Vars  map[string]map[string]any `json:"vars,omitempty"`  // results of errands

	Matter  Matter   `json:"matter,omitzero"`   // what the person came for last
	Pending string   `json:"pending,omitempty"` // said in the same breath, and not attended to yet
	Story   []string `json:"story,omitempty"`   // the person's words on the matter
	Used    []string `json:"used,omitempty"`    // entries that answered, the latest last
	Filed   bool     `json:"filed,omitempty"`   // the facts went into a work order; the next matter has its own

	Last    []Prompt       `json:"last,omitempty"`    // said last, and can be repeated
	Said    map[string]int `json:"said,omitempty"`    // how often each prompt was said, for the next wording
	Errands int            `json:"errands,omitempty"` // sent so far

	Language     string   `json:"language,omitempty"` // asked to be served in, besides Mandarin
	Elder        bool     `json:"elder,omitempty"`
	Speed        float64  `json:"speed,omitempty"` // the person asked for; 0 is as usual
	Gain         float64  `json:"gain,omitempty"`  // dB
	Angry        bool     `json:"angry,omitempty"`
	Abused       int      `json:"abused,omitempty"` // times in a row
	Confidential bool     `json:"confidential,omitempty"`
	Anonymous    bool     `json:"anonymous,omitempty"`
	Marks        []string `json:"marks,omitempty"`

	Handed   *Handover `json:"handed,omitempty"`   // waiting for people
	Attended bool      `json:"attended,omitempty"` // people are there
	Safety   string    `json:"safety,omitempty"`   // kind of emergency
	Ended    bool      `json:"ended,omitempty"`
}

// Frame is a place in a flow.
type Frame struct {
	Flow string `json:"flow"`
	Node string `json:"node"`
	// Entered tells that what the node says first was said.
	Entered bool `json:"entered,omitempty"`
}

// Focus is what the dialog waits for.
type Focus struct {
	Kind    FocusKind `json:"kind,omitempty"`
	Slot    string    `json:"slot,omitempty"`
	Partial string    `json:"partial,omitempty"` // of a number that comes in groups
	Items   []string  `json:"items,omitempty"`   // slots read back, or what can be chosen
	Labels  []string  `json:"labels,omitempty"`  // of what can be chosen
	Errand  string    `json:"errand,omitempty"`
	NoInput int       `json:"no_input,omitempty"` // silences in a row
	NoMatch int       `json:"no_match,omitempty"` // misunderstandings in a row
	Since   time.Time `json:"since,omitzero"`     // when a story began
	Skipped []string  `json:"skipped,omitempty"`  // optional slots of this node that were not answered
}

// FocusKind is a kind of waiting.
type FocusKind string

// The kinds of waiting.
const (
	FocusNone    FocusKind = ""
	FocusOpen    FocusKind = "open"    // for a matter
	FocusSlot    FocusKind = "slot"    // for a fact
	FocusWhich   FocusKind = "which"   // which of several things a fact is
	FocusConfirm FocusKind = "confirm" // whether facts are right
	FocusCaller  FocusKind = "caller"  // whether the number of the call may be used
	FocusChoose  FocusKind = "choose"  // for a choice of a node
	FocusOffer   FocusKind = "offer"   // which of several entries was meant
	FocusErrand  FocusKind = "errand"  // for a result
	FocusMessage FocusKind = "message" // for words to be left for people
	FocusNumber  FocusKind = "number"  // for where to call back, while waiting
	FocusGrade   FocusKind = "grade"   // for the grade of a survey
)

// Fact is the value of a slot.
type Fact struct {
	Value      string  `json:"value"`
	Spoken     string  `json:"spoken,omitempty"`   // as it is read back, when that differs
	Sentence   string  `json:"sentence,omitempty"` // that it was found in
	Confidence float64 `json:"confidence"`         // 0…1
	Repaired   bool    `json:"repaired,omitempty"`
	Inferred   bool    `json:"inferred,omitempty"` // not said, but follows from what was
	Confirmed  bool    `json:"confirmed,omitempty"`
	Corrected  bool    `json:"corrected,omitempty"`
	Chosen     bool    `json:"chosen,omitempty"` // among several of one name
	// Choices are what the words may mean while that is open; Value is "" then.
	Choices []string `json:"choices,omitempty"`
}

// Matter is what a person wants, as it was understood.
type Matter struct {
	Act        string  `json:"act,omitempty"`
	Category   string  `json:"category,omitempty"`
	Entry      string  `json:"entry,omitempty"`
	Text       string  `json:"text,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Again      bool    `json:"again,omitempty"`   // its entry answered before
	Guessed    bool    `json:"guessed,omitempty"` // its category is hardly more than a guess
	Told       bool    `json:"told,omitempty"`    // in a story of several turns, to be summed up
}

// Clone returns a copy that shares nothing a step changes.
func (s State) Clone() State {
	s.Stack = slices.Clone(s.Stack)
	s.Facts = maps.Clone(s.Facts)
	s.Trail = slices.Clone(s.Trail)
	s.Vars = maps.Clone(s.Vars)
	s.Story = slices.Clone(s.Story)
	s.Used = slices.Clone(s.Used)
	s.Said = maps.Clone(s.Said)
	s.Marks = slices.Clone(s.Marks)
	s.Focus.Items = slices.Clone(s.Focus.Items)
	s.Focus.Labels = slices.Clone(s.Focus.Labels)
	s.Focus.Skipped = slices.Clone(s.Focus.Skipped)
	return s
}
