// Package flow is the language in which dialogs are drawn: flows of few kinds of nodes, and the
// house rules that hold in every one of them. A set of flows is read and checked as a whole; what
// has been read is immutable.
package flow

import (
	"time"

	"github.com/hotline-cc/hotline/dialog/slot"
)

// Set is all that a conversation follows: the house rules and the flows, in one version.
type Set struct {
	House House
	Flows map[string]Flow

	programs  map[string]*program // compiled expressions by their text
	variables map[string]bool     // that hold results
	sources   map[string]source   // by flow; "" is the house
}

// Kind is what a node does.
type Kind string

// The kinds of node.
const (
	Say      Kind = "say"      // speaks and goes on
	Ask      Kind = "ask"      // fills slots; without slots, an open question
	Choose   Kind = "choose"   // one of a few ways on
	Answer   Kind = "answer"   // answers from the knowledge
	LookUp   Kind = "lookup"   // asks another system
	File     Kind = "file"     // files a work order
	Branch   Kind = "branch"   // goes where the first true expression points
	Call     Kind = "call"     // follows another flow and comes back
	Handover Kind = "handover" // gives the conversation to people
	End      Kind = "end"      // leaves the flow; in the first one, ends the conversation
)

// Flow is one drawing. Every node has an id that stays the same for its life.
type Flow struct {
	ID     string           `yaml:"id"`
	Title  string           `yaml:"title"`
	Start  string           `yaml:"start"`
	Nodes  map[string]Node  `yaml:"nodes"`
	Layout map[string]Point `yaml:"layout,omitempty"` // where an editor draws the nodes
}

// Point is a place on the drawing, in pixels.
type Point struct {
	X int `yaml:"x"`
	Y int `yaml:"y"`
}

// Node is one step. Which fields a node takes depends on its kind.
type Node struct {
	Kind Kind   `yaml:"kind"`
	Note string `yaml:"note,omitempty"` // for those who read the drawing
	Say  Prompt `yaml:"say,omitempty"`  // say, ask, choose, answer, lookup, file, handover, end: said first

	Slots   []Field   `yaml:"slots,omitempty"`   // ask: what is filled, in order
	Narrate bool      `yaml:"narrate,omitempty"` // ask without slots: let the person tell a story of several turns
	Options []Option  `yaml:"options,omitempty"` // choose
	Entry   string    `yaml:"entry,omitempty"`   // answer: a knowledge entry; else the one that was asked for
	System  string    `yaml:"system,omitempty"`  // lookup: the name of a connector
	Input   Values    `yaml:"input,omitempty"`   // lookup, file: expressions by name; file takes ticket, category, urgency and flag
	Into    string    `yaml:"into,omitempty"`    // lookup, file: the variable that holds the result
	Order   OrderKind `yaml:"order,omitempty"`   // file: what is done
	Cases   []Case    `yaml:"cases,omitempty"`   // branch
	Flow    string    `yaml:"flow,omitempty"`    // call
	Queue   string    `yaml:"queue,omitempty"`   // handover
	Reason  string    `yaml:"reason,omitempty"`  // handover, end
	// Priority is that of a handover: 0 is served first, 9 last.
	Priority int    `yaml:"priority,omitempty"`
	Skills   Skills `yaml:"skills,omitempty"`   // handover: of who takes it, besides those of the queue
	Language string `yaml:"language,omitempty"` // handover: spoken by who takes it

	Next   string `yaml:"next,omitempty"`   // all that go on; for branch, when no case is true
	Failed string `yaml:"failed,omitempty"` // answer: nothing is known; lookup, file: it did not work
}

// OrderKind is what a file node does with a work order.
type OrderKind string

// What can be done with work orders.
const (
	OrderNew      OrderKind = "new"
	OrderUpdate   OrderKind = "update" // a new one that has got more facts
	OrderUrge     OrderKind = "urge"
	OrderAppend   OrderKind = "append"
	OrderWithdraw OrderKind = "withdraw"
	OrderReopen   OrderKind = "reopen"
	OrderSurvey   OrderKind = "survey" // answers of a follow-up call
)

// Skills are what people must be good at, by level 1…9. Written as a list or a text, each has level 1.
type Skills map[string]int

// Values are expressions by the name under which their results are passed on.
type Values map[string]string

// Field is a slot that a node fills.
type Field struct {
	Slot     string `yaml:"slot"`
	When     string `yaml:"when,omitempty"`     // expression; the slot is skipped when false
	Optional bool   `yaml:"optional,omitempty"` // asked once, and done without
	Confirm  *bool  `yaml:"confirm,omitempty"`  // overrides the table of confirmations
}

// Option is one way of a choose node.
type Option struct {
	ID       string   `yaml:"id"`
	Title    string   `yaml:"title"`              // as it is offered
	Wordings []string `yaml:"wordings,omitempty"` // as people say it
	Next     string   `yaml:"next"`
}

// Case is one way of a branch.
type Case struct {
	When string `yaml:"when"` // expression
	Next string `yaml:"next"`
}

// Prompt is something to say. Written as a string or a list it holds voice wordings. Wordings take
// turns, so that who hears one twice hears it differently. Braces hold expressions: {address} is a
// slot as it is read back.
type Prompt struct {
	Voice     []string `yaml:"voice,omitempty"`
	Text      []string `yaml:"text,omitempty"`      // on the text channel; else Voice
	Protected bool     `yaml:"protected,omitempty"` // not stopped by the person speaking
}

// Empty reports whether there is nothing to say.
func (p Prompt) Empty() bool { return len(p.Voice) == 0 && len(p.Text) == 0 }

// House is what holds in every flow of a set without their authors doing anything.
type House struct {
	Start    string              `yaml:"start"`            // the flow that answers
	Starts   []string            `yaml:"starts,omitempty"` // further flows that a conversation may begin with: calls of our own
	Queue    string              `yaml:"queue"`            // where people wait when no node says another
	Region   string              `yaml:"region,omitempty"`
	Slots    map[string]Slot     `yaml:"slots"`
	Confirm  []ConfirmRule       `yaml:"confirm"` // the first that fits decides
	Elder    Elder               `yaml:"elder"`
	Safety   map[string]Safety   `yaml:"safety"` // by the kind of emergency
	Phrases  map[string]Prompt   `yaml:"phrases"`
	Ladders  map[string][]Prompt `yaml:"ladders"` // no_input and no_match: one prompt for each time in a row
	Timing   Timing              `yaml:"timing"`
	Hotwords []string            `yaml:"hotwords,omitempty"`

	// Skills are those of who takes a matter when no node says others; the first that fit decide.
	Skills []Expertise `yaml:"skills,omitempty"`
	// Languages are those that people may ask to be served in, with their names as people say them.
	Languages map[string][]string `yaml:"languages,omitempty"`
}

// Expertise is what somebody must be good at who takes a matter of a category, or of one below it.
type Expertise struct {
	Category string `yaml:"category"`
	Skills   Skills `yaml:"skills"`
}

// Timing is how long the dialog waits. Zero takes the default.
type Timing struct {
	NoInput time.Duration `yaml:"no_input,omitempty"` // for the first word; 6 s
	Wait    time.Duration `yaml:"wait,omitempty"`     // after 等一下; 20 s
	Narrate time.Duration `yaml:"narrate,omitempty"`  // longest story; 90 s
	LookUp  time.Duration `yaml:"lookup,omitempty"`   // for another system; 8 s
}

// Slot is a fact that a conversation collects. Its name is that of all flows.
type Slot struct {
	Kind    slot.Kind         `yaml:"kind"` // slot.Kind, or "text" for anything that was said
	Title   string            `yaml:"title"`
	Risk    Risk              `yaml:"risk,omitempty"`   // of a mistake; else normal
	Secret  bool              `yaml:"secret,omitempty"` // masked for everybody who need not know it
	Caller  bool              `yaml:"caller,omitempty"` // a phone number that may be the one of the call
	Options []string          `yaml:"options,omitempty"`
	Ask     Prompt            `yaml:"ask"`
	NoInput []Prompt          `yaml:"no_input"`
	NoMatch []Prompt          `yaml:"no_match"`         // rephrased, then with the best two, then with keys or a person
	Reject  map[string]Prompt `yaml:"reject,omitempty"` // by slot.Problem
}

// Risk is how bad a mistake would be.
type Risk string

// The degrees of risk.
const (
	RiskLow    Risk = "low"
	RiskNormal Risk = "normal"
	RiskHigh   Risk = "high"
)

// ConfirmRule says how a slot is confirmed by its risk and the confidence in its value.
type ConfirmRule struct {
	Risk  Risk       `yaml:"risk"`
	Below float64    `yaml:"below"` // fits confidences below this; above 1 fits all
	How   ConfirmHow `yaml:"how"`
}

// ConfirmHow is how a value is confirmed.
type ConfirmHow string

// The ways to confirm.
const (
	ConfirmNot      ConfirmHow = "not"
	ConfirmImplicit ConfirmHow = "implicit" // said in passing
	ConfirmExplicit ConfirmHow = "explicit" // asked
)

// Elder is how the dialog treats people who need more time.
type Elder struct {
	Words   []string      `yaml:"words,omitempty"`    // that tell of age, beside numbers of years from 70
	Speed   float64       `yaml:"speed,omitempty"`    // 0.5…1; 0 is 0.85
	NoInput time.Duration `yaml:"no_input,omitempty"` // 0 is 10 s
}

// Safety is what is done in one kind of emergency. Its words are fixed by people and never made up.
type Safety struct {
	Say      Prompt `yaml:"say"`
	Stay     Prompt `yaml:"stay"`               // to whatever is said after that
	Service  string `yaml:"service,omitempty"`  // 110, 119 or 120, joined to the call; none; else the one the words ask for
	Queue    string `yaml:"queue,omitempty"`    // else that of the house
	Reason   string `yaml:"reason"`             // of the handover
	Category string `yaml:"category,omitempty"` // files a work order at once
	Mark     string `yaml:"mark,omitempty"`
}
