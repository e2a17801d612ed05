package dialog

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog/nlu"
)

// FAQ is the first dialog: one open question, answers from a pack, and a way to a person at every
// turn. It is immutable; everything that changes is in State.
type FAQ struct {
	pack    *Pack
	entries map[string]*Entry
	index   *nlu.Index
	hot     []string
}

var _ Engine = (*FAQ)(nil)

// Scores of nlu.Index above which an entry is answered at once, or offered for choice.
const (
	scoreAnswer = 0.30
	scoreOffer  = 0.15
	// scoreMargin is how far the best entry must be ahead of the second to be answered at once
	// when its score is no more than twice scoreAnswer.
	scoreMargin = 0.04
)

const (
	noInputAfter  = 6 * time.Second
	waitAfter     = 20 * time.Second // after "等一下"
	slowSpeed     = 0.8
	maxOffered    = 2
	maxHotwords   = 64
	keyAgent      = "0"
	keyRepeat     = "*"
	queueFallback = "default"
)

// NewFAQ returns the dialog of a pack.
func NewFAQ(p *Pack) *FAQ {
	f := &FAQ{pack: p, entries: make(map[string]*Entry, len(p.Entries)), hot: []string{"人工", "再说一遍", "再见"}}
	documents := make([]nlu.Document, len(p.Entries))
	seen := map[string]bool{}
	for i := range p.Entries {
		e := &p.Entries[i]
		f.entries[e.ID] = e
		if topic := e.topic(); len(f.hot) < maxHotwords && !seen[topic] {
			seen[topic] = true
			f.hot = append(f.hot, topic)
		}
		documents[i] = nlu.Document{ID: e.ID, Wordings: append([]string{e.Question}, e.Similar...)}
	}
	f.index = nlu.NewIndex(documents)
	return f
}

// Step takes one event; see Engine.
func (f *FAQ) Step(s State, e Event) (State, []Action) {
	if s.Ended {
		return s, nil
	}
	switch e := e.(type) {
	case Started:
		return f.listen(State{Channel: e.Channel}, Prompt{ID: "greeting", Text: f.pack.Prompts.Greeting})
	case Heard:
		return f.heard(s, e)
	case Key:
		return f.key(s, e.Key)
	case Silence:
		return f.silence(s)
	case Unheard:
		if e.Failed {
			return f.misunderstood(s, Prompt{ID: "fault", Text: f.pack.Prompts.Fault})
		}
		return f.misunderstood(s, Prompt{ID: "unheard", Text: f.pack.Prompts.Unheard})
	}
	return s, nil
}

// Patience tells whether text is finished; see Engine.
func (f *FAQ) Patience(s State, text string) Patience {
	switch {
	case nlu.Dangling(text):
		return PatienceLong
	case nlu.ActOf(text) != nlu.ActNone, nlu.Concluded(text), f.best(text, 1) >= scoreAnswer:
		return PatienceShort
	}
	return PatienceNormal
}

func (f *FAQ) best(text string, limit int) float64 {
	hits := f.index.Search(text, limit)
	if len(hits) == 0 {
		return 0
	}
	return hits[0].Score
}

func (f *FAQ) heard(s State, h Heard) (State, []Action) {
	act := nlu.ActOf(h.Text)
	note := Note{Act: string(act), Reason: "wording"}
	s.NoInput = 0
	switch act {
	case nlu.ActAgent:
		return f.handover(s, note)
	case nlu.ActRepeat:
		return f.repeat(s, note, nil)
	case nlu.ActSlower:
		s.Speed = slowSpeed
		return f.repeat(s, note, &Prompt{ID: "slower", Text: f.pack.Prompts.Slower})
	case nlu.ActGoodbye, nlu.ActThanks:
		return f.goodbye(s, note)
	case nlu.ActWait:
		s, actions := f.listen(s, Prompt{ID: "wait", Text: f.pack.Prompts.Wait})
		actions[len(actions)-1] = Listen{NoInput: waitAfter, Hotwords: f.hot}
		return s, append([]Action{note}, actions...)
	case nlu.ActNo, nlu.ActCancel:
		if len(s.Offered) == 0 && s.Answered > 0 { // "还有什么可以帮您？" "没有"
			return f.goodbye(s, note)
		}
	case nlu.ActYes:
		if len(s.Offered) > 0 {
			return f.answer(s, s.Offered[0], Note{Act: string(act), Score: 1, Reason: "confirmed"})
		}
	}
	if id := f.chosen(s.Offered, h.Text); id != "" {
		return f.answer(s, id, Note{Act: "ask", Score: 1, Reason: "chosen"})
	}
	return f.question(s, h.Text)
}

// question answers, offers or asks again.
func (f *FAQ) question(s State, text string) (State, []Action) {
	hits := f.index.Search(text, maxOffered)
	if len(hits) > 0 {
		best, margin := hits[0].Score, hits[0].Score
		if len(hits) > 1 {
			margin -= hits[1].Score
		}
		if best >= scoreAnswer && (margin >= scoreMargin || best >= 2*scoreAnswer) {
			return f.answer(s, hits[0].ID, Note{Act: "ask", Score: best, Reason: "retrieved"})
		}
		if best >= scoreOffer && s.NoMatch > 0 || best >= scoreAnswer {
			return f.offer(s, hits)
		}
	}
	rung := min(s.NoMatch, len(f.pack.Prompts.NoMatch)-1)
	return f.misunderstood(s, Prompt{ID: fmt.Sprintf("no_match.%d", rung+1), Text: f.pack.Prompts.NoMatch[rung]})
}

func (f *FAQ) answer(s State, id string, note Note) (State, []Action) {
	e := f.entries[id]
	note.Entry = id
	s.NoMatch, s.Offered = 0, nil
	s.Answered++
	s, actions := f.listen(s,
		Prompt{ID: "answer." + id, Text: e.Answer},
		Prompt{ID: "anything_else", Text: f.pack.Prompts.AnythingElse})
	return s, append([]Action{note}, actions...)
}

func (f *FAQ) offer(s State, hits []nlu.Hit) (State, []Action) {
	s.NoMatch++
	if s.NoMatch > len(f.pack.Prompts.NoMatch) {
		return f.handover(s, Note{Act: string(nlu.ActNone), Reason: "not understood"})
	}
	s.Offered = nil
	var topics []string
	for _, h := range hits {
		s.Offered = append(s.Offered, h.ID)
		topics = append(topics, f.entries[h.ID].topic())
	}
	s, actions := f.listen(s, Prompt{ID: "offer", Text: fmt.Sprintf(f.pack.Prompts.Offer, strings.Join(topics, "，还是"))})
	return s, append([]Action{Note{Act: "ask", Entry: hits[0].ID, Score: hits[0].Score, Reason: "offered"}}, actions...)
}

// chosen finds which of the offered entries a short answer names: by order or by topic.
func (f *FAQ) chosen(offered []string, text string) string {
	for i, id := range offered {
		for _, order := range [][]string{{"第一个", "前一个", "前面"}, {"第二个", "后一个", "后面"}}[min(i, 1)] {
			if strings.Contains(text, order) {
				return id
			}
		}
		if strings.Contains(nlu.Clean(text), nlu.Clean(f.entries[id].topic())) {
			return id
		}
	}
	return ""
}

// misunderstood climbs the ladder of misunderstandings: say it again, then a person.
func (f *FAQ) misunderstood(s State, p Prompt) (State, []Action) {
	s.NoMatch++
	if s.NoMatch > len(f.pack.Prompts.NoMatch) {
		return f.handover(s, Note{Reason: "not understood"})
	}
	s, actions := f.listen(s, p)
	return s, append([]Action{Note{Reason: p.ID}}, actions...)
}

// silence climbs the ladder of silences; its last rung ends the call.
func (f *FAQ) silence(s State) (State, []Action) {
	s.NoInput++
	ladder := f.pack.Prompts.NoInput
	if s.NoInput >= len(ladder) {
		s.Ended = true
		return s, []Action{f.say(s, Prompt{ID: "no_input.last", Text: ladder[len(ladder)-1]}), Hangup{Reason: "silence"}}
	}
	return f.listen(s, Prompt{ID: fmt.Sprintf("no_input.%d", s.NoInput), Text: ladder[s.NoInput-1]})
}

func (f *FAQ) key(s State, key string) (State, []Action) {
	s.NoInput = 0
	switch {
	case key == keyAgent:
		return f.handover(s, Note{Act: string(nlu.ActAgent), Reason: "key"})
	case key == keyRepeat:
		return f.repeat(s, Note{Act: string(nlu.ActRepeat), Reason: "key"}, nil)
	case len(s.Offered) > 0 && key >= "1" && key <= fmt.Sprint(len(s.Offered)):
		return f.answer(s, s.Offered[key[0]-'1'], Note{Act: "ask", Score: 1, Reason: "key"})
	}
	return f.listen(s, Prompt{ID: "key", Text: f.pack.Prompts.Key})
}

func (f *FAQ) repeat(s State, note Note, lead *Prompt) (State, []Action) {
	s.NoMatch = 0
	last := s.Last
	actions := []Action{note}
	if lead != nil {
		actions = append(actions, f.say(s, *lead))
	}
	for _, p := range last {
		actions = append(actions, f.say(s, p))
	}
	return s, append(actions, Listen{NoInput: noInputAfter, Hotwords: f.hot})
}

func (f *FAQ) handover(s State, note Note) (State, []Action) {
	s.Ended = true
	queue := f.pack.Queue
	if queue == "" {
		queue = queueFallback
	}
	return s, []Action{
		note,
		f.say(s, Prompt{ID: "handover", Text: f.pack.Prompts.Handover, Protected: true}),
		Handover{Queue: queue, Reason: note.Reason},
		Hangup{Reason: "handed over"},
	}
}

func (f *FAQ) goodbye(s State, note Note) (State, []Action) {
	s.Ended = true
	return s, []Action{note, f.say(s, Prompt{ID: "goodbye", Text: f.pack.Prompts.Goodbye, Protected: true}), Hangup{Reason: "goodbye"}}
}

// listen says prompts and then waits; what it says is what "repeat" says again.
func (f *FAQ) listen(s State, prompts ...Prompt) (State, []Action) {
	s.Last = prompts
	actions := make([]Action, 0, len(prompts)+1)
	for _, p := range prompts {
		actions = append(actions, f.say(s, p))
	}
	return s, append(actions, Listen{NoInput: noInputAfter, Hotwords: f.hot})
}

func (f *FAQ) say(s State, p Prompt) Say {
	p.Speed = s.Speed
	return Say{p}
}

func (e *Entry) topic() string {
	if e.Topic != "" {
		return e.Topic
	}
	return e.Question
}
