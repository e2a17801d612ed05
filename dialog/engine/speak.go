package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/kb"
)

// How long to wait for the first word when the house does not say.
const (
	noInputAfter = 6 * time.Second
	waitAfter    = 20 * time.Second
	lookUpWithin = 8 * time.Second
	elderNoInput = 10 * time.Second
	elderSpeed   = 0.85
	slowSpeed    = 0.8
	louderBy     = 6 // dB
)

func (t *step) typed() bool { return t.s.Channel == hotline.ChannelChat }

// say speaks a prompt in the wording whose turn it is. Variables of its own go before those of the
// conversation.
func (t *step) say(id string, p flow.Prompt, own ...flow.Env) {
	wordings := p.Voice
	if t.typed() && len(p.Text) > 0 || len(wordings) == 0 {
		wordings = p.Text
	}
	if len(wordings) == 0 {
		return
	}
	i := t.s.Said[id] % len(wordings)
	if t.s.Said == nil {
		t.s.Said = map[string]int{}
	}
	t.s.Said[id]++
	env := t.env(true)
	for _, o := range own {
		for name, value := range o {
			env[name] = value
		}
	}
	text, err := t.e.cfg.Set.Expand(wordings[i], env)
	if err != nil { // a result that holds other things than the author thought
		t.note(dialog.Note{What: "fault", Reason: fmt.Sprintf("prompt %s: %v", id, err)})
		return
	}
	if len(wordings) > 1 {
		id = fmt.Sprintf("%s.%d", id, i+1)
	}
	t.utter(dialog.Prompt{ID: id, Text: text, Protected: p.Protected})
}

// phrase speaks a prompt of the house.
func (t *step) phrase(name string, own ...flow.Env) { t.say(name, t.house.Phrases[name], own...) }

func (t *step) utter(p dialog.Prompt) {
	t.said = append(t.said, p)
	t.out = append(t.out, dialog.Say{Prompt: t.tuned(p)})
}

// tuned gives a prompt the speed and loudness the person needs.
func (t *step) tuned(p dialog.Prompt) dialog.Prompt {
	p.Speed, p.Gain = t.s.Speed, t.s.Gain
	if p.Speed == 0 && t.s.Elder {
		p.Speed = t.house.Elder.Speed
		if p.Speed == 0 {
			p.Speed = elderSpeed
		}
	}
	return p
}

// listen waits for the person. What was said in this step is what "repeat" says again.
func (t *step) listen() {
	wait := t.house.Timing.NoInput
	if wait == 0 {
		wait = noInputAfter
	}
	if t.s.Elder {
		wait = max(wait, t.house.Elder.NoInput)
		if t.house.Elder.NoInput == 0 {
			wait = max(wait, elderNoInput)
		}
	}
	t.listenFor(wait)
}

func (t *step) listenFor(wait time.Duration) {
	if len(t.said) > 0 {
		t.s.Last = t.said
	}
	l := dialog.Listen{NoInput: wait, Hotwords: t.house.Hotwords}
	switch t.s.Focus.Kind {
	case dialog.FocusWhich, dialog.FocusOffer, dialog.FocusChoose:
		l.Choices = t.s.Focus.Labels
		l.Hotwords = append(append([]string{}, l.Choices...), l.Hotwords...)
	case dialog.FocusConfirm, dialog.FocusCaller:
		l.Choices = []string{"对", "不对"}
	case dialog.FocusGrade:
		l.Choices = []string{"非常满意", "满意", "一般", "不满意", "很不满意"}
	}
	t.out = append(t.out, l)
}

// env is what expressions see. In prompts facts are as they are read back.
func (t *step) env(spoken bool) flow.Env {
	env := make(flow.Env, len(t.house.Slots)+len(t.s.Facts)+len(t.s.Vars)+4)
	for name := range t.house.Slots {
		env[name] = ""
	}
	for name, f := range t.s.Facts {
		env[name] = f.Value
		if spoken && !t.typed() && f.Spoken != "" {
			env[name] = f.Spoken
		}
	}
	for name, result := range t.s.Vars {
		env[name] = result
	}
	m := t.s.Matter
	env["turn"] = map[string]any{"act": m.Act, "category": m.Category, "entry": m.Entry, "text": m.Text, "confidence": m.Confidence, "again": m.Again}
	env["matter"] = t.matter(m.Category)
	env["caller"] = map[string]any{"number": t.callerNumber(), "channel": string(t.s.Channel), "elder": t.s.Elder, "anonymous": t.s.Anonymous, "confidential": t.s.Confidential, "angry": t.s.Angry}
	env["day"] = string(t.day())
	return env
}

// matter is a category as expressions see it; of an unknown one all is empty.
func (t *step) matter(id string) map[string]any {
	c, _ := t.e.cfg.Knowledge.Category(id)
	d, _ := t.e.cfg.Knowledge.Department(c.Department)
	required := c.RequiredFields
	if t.s.Matter.Guessed { // what another matter needs is not asked for
		required = []string{"address"}
	}
	if required == nil {
		required = []string{}
	}
	return map[string]any{
		"id": c.ID, "name": c.Name, "department": d.Name, "urgency": c.Urgency, "dispatch": c.Dispatch,
		"due_workdays": c.DueWorkdays, "required": required,
	}
}

// answerText is what a channel gets of a reply. The written one begins with its notice already.
func (t *step) answerText(r kb.Reply) string {
	if t.typed() {
		return r.Text
	}
	return strings.TrimSpace(r.Notice + r.Voice)
}

// Fixed returns the sentences that are always the same, those said most first, so that they can be
// rendered before somebody waits for them.
func (e *Engine) Fixed(day kb.Day) []string {
	var out []string
	seen := map[string]bool{}
	add := func(texts ...string) {
		for _, text := range texts {
			if text != "" && !strings.ContainsRune(text, '{') && !seen[text] {
				seen[text] = true
				out = append(out, text)
			}
		}
	}
	house := e.cfg.Set.House
	for _, name := range sortedKeys(house.Phrases) {
		add(house.Phrases[name].Voice...)
	}
	for _, name := range sortedKeys(house.Ladders) {
		for _, p := range house.Ladders[name] {
			add(p.Voice...)
		}
	}
	for _, name := range sortedKeys(house.Safety) {
		add(house.Safety[name].Say.Voice...)
		add(house.Safety[name].Stay.Voice...)
	}
	for _, id := range sortedKeys(e.cfg.Set.Flows) {
		f := e.cfg.Set.Flows[id]
		for _, node := range sortedKeys(f.Nodes) {
			add(f.Nodes[node].Say.Voice...)
		}
	}
	for _, name := range sortedKeys(house.Slots) {
		s := house.Slots[name]
		add(s.Ask.Voice...)
		for _, p := range append(append([]flow.Prompt{}, s.NoInput...), s.NoMatch...) {
			add(p.Voice...)
		}
		for _, problem := range sortedKeys(s.Reject) {
			add(s.Reject[problem].Voice...)
		}
	}
	for entry := range e.cfg.Knowledge.All() {
		if r, ok := e.cfg.Knowledge.Reply(entry.ID, day); ok && r.Notice == "" {
			add(r.Voice)
		}
	}
	return out
}
