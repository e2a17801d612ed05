// Package engine carries out flows: it is the dialog of the phone and of the chat. Everything a
// caller may do at any time (ask for a person, correct an earlier answer, ask something else, tell
// of danger, say nothing) is done here, so that those who draw flows need not think of it.
package engine

import (
	"errors"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/kb"
)

// Config is what a dialog is made of. Set, Model and Knowledge are needed.
type Config struct {
	Set       *flow.Set
	Model     *nlu.Model
	Knowledge *kb.Base
	Graph     *kb.Graph
	Places    *slot.Gazetteer
	Orgs      *slot.Organisations
	Location  *time.Location // of days and hours; nil is China Standard Time
	// Callable tells which numbers people may be called back on; nil is mobile numbers and land lines.
	Callable func(number string) bool
}

// Engine is immutable; everything that changes is in the state.
type Engine struct {
	cfg    Config
	byKind map[slot.Kind]string // the slot that takes what is said in passing
}

var _ dialog.Engine = (*Engine)(nil)

// New returns the dialog of a set of flows.
func New(cfg Config) (*Engine, error) {
	if cfg.Set == nil || cfg.Model == nil || cfg.Knowledge == nil {
		return nil, errors.New("dialog engine: Set, Model and Knowledge are needed")
	}
	if cfg.Location == nil {
		cfg.Location = time.FixedZone("CST", 8*60*60)
	}
	if cfg.Callable == nil {
		cfg.Callable = func(number string) bool { return nationalNumber(number) != "" }
	}
	e := &Engine{cfg: cfg, byKind: map[slot.Kind]string{}}
	for name, s := range cfg.Set.House.Slots {
		if other, taken := e.byKind[s.Kind]; !taken || name == string(s.Kind) || other != string(s.Kind) && name < other {
			e.byKind[s.Kind] = name
		}
	}
	return e, nil
}

// Step takes one event; see dialog.Engine.
func (e *Engine) Step(s dialog.State, event dialog.Event) (dialog.State, []dialog.Action) {
	if s.Ended {
		return s, nil
	}
	t := &step{e: e, house: &e.cfg.Set.House, s: s.Clone()}
	t.mend()
	switch event := event.(type) {
	case dialog.Started:
		t.started(event)
	case dialog.Heard:
		t.heard(event)
	case dialog.Key:
		t.key(event.Key)
	case dialog.Silence:
		t.silence()
	case dialog.Unheard:
		t.unheard(event.Failed)
	case dialog.Done:
		t.done(event)
	case dialog.Place:
		t.ahead(event)
	case dialog.Missed:
		t.missed(event.Reason)
	case dialog.Unattended:
		t.unattended(event.Reason)
	case dialog.Attended:
		t.attended()
	case dialog.Returned:
		t.returned()
	case dialog.Survey:
		t.survey()
	}
	return t.s, t.out
}

// step is the work on one event: the state to be and the actions so far.
type step struct {
	e      *Engine
	house  *flow.House
	s      dialog.State
	out    []dialog.Action
	said   []dialog.Prompt // in this step, to be repeated
	budget int             // nodes entered

	understood map[string]nlu.Understanding // of the texts of this step
	words      string                       // the turn that is being taken

	before   map[string]string // values that the turn takes back itself, by slot
	corrects bool              // the turn takes back something said
	likely   bool              // the entry that answers is only likely the one that was asked for
}

func (t *step) started(e dialog.Started) {
	start := e.Flow
	if start == "" {
		start = t.house.Start
	}
	t.s = dialog.State{Channel: e.Channel, Now: e.At, Elder: e.Elder}
	t.s.Caller = strings.ToValidUTF8(e.From, "")
	if e.Elder {
		t.note(dialog.Note{What: "elder_profile", Reason: "known"})
	}
	for _, name := range sortedKeys(e.Known) {
		value := strings.ToValidUTF8(e.Known[name], "")
		if s, ok := t.house.Slots[name]; ok && value != "" {
			t.set(name, dialog.Fact{Value: value, Spoken: slot.Spoken(s.Kind, value), Confidence: 1, Confirmed: true})
		}
	}
	t.enter(start)
	t.run()
}

func (t *step) note(n dialog.Note) { t.out = append(t.out, n) }

// tell takes the time of an event.
func (t *step) tell(at time.Time) {
	if at.After(t.s.Now) {
		t.s.Now = at
	}
}

func (t *step) now() time.Time { return t.s.Now.In(t.e.cfg.Location) }

func (t *step) day() kb.Day { return kb.DayOf(t.now()) }

// place is what words are read against.
func (t *step) place(act string) slot.Context {
	region := t.house.Region
	if d, ok := t.s.Facts[t.e.byKind[slot.District]]; ok && d.Value != "" {
		region = d.Value
	}
	return slot.Context{Places: t.e.cfg.Places, Orgs: t.e.cfg.Orgs, Now: t.now(), Region: region, Act: act}
}
