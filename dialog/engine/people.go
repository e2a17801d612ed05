package engine

import (
	"cmp"
	"regexp"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// toPeople gives the conversation to a queue, with all that is known.
func (t *step) toPeople(queue, reason string, priority int) {
	t.give(dialog.Handover{Queue: queue, Reason: reason, Priority: priority}, func() {
		if (reason == "no_input" || reason == "no_match") && t.number() != "" {
			t.note(dialog.Note{What: "offer", Items: []string{"callback"}})
			t.phrase("handover_" + reason)
		} else {
			t.phrase("handover")
		}
	})
}

// give hands over with words of its own.
func (t *step) give(h dialog.Handover, say func()) {
	if h.Queue == "" {
		h.Queue = t.house.Queue
	}
	if h.Skills == nil {
		h.Skills = t.expertise()
	}
	h.Language = cmp.Or(t.s.Language, h.Language)
	t.handover(h)
	say()
	t.out = append(t.out, *t.s.Handed)
	t.listen()
}

// expertise is what the house wants somebody to be good at who takes the matter. One that is hardly
// more than a guess may be taken by anybody.
func (t *step) expertise() map[string]int {
	if t.s.Matter.Guessed {
		return nil
	}
	for _, e := range t.house.Skills {
		for id := t.s.Matter.Category; id != ""; {
			if id == e.Category {
				return e.Skills
			}
			c, _ := t.e.cfg.Knowledge.Category(id)
			id = c.Parent
		}
	}
	return nil
}

func (t *step) handover(h dialog.Handover) {
	h.Category, h.Facts = t.s.Matter.Category, t.facts()
	t.s.Handed, t.s.Focus = &h, dialog.Focus{}
	t.note(dialog.Note{What: "handoff", Reason: h.Reason, Score: float64(h.Priority), To: h.Queue})
	if h.Service != "" {
		t.note(dialog.Note{What: "transfer", To: h.Service})
	}
}

// facts are the values of all slots.
func (t *step) facts() map[string]string {
	out := map[string]string{}
	for name, f := range t.s.Facts {
		if f.Value != "" {
			out[name] = f.Value
		}
	}
	return out
}

// callback is the kind of an order to call somebody back.
const callback = "callback"

// danger does what people have laid down for an emergency. Nothing is asked and nothing made up.
func (t *step) danger(h dialog.Heard, u nlu.Understanding) {
	kind := string(u.Emergency.Kind)
	rule, ok := t.house.Safety[kind]
	if !ok {
		kind = string(nlu.OtherDanger)
		rule = t.house.Safety[kind]
	}
	t.harvest(h, nlu.ActEmergency)
	t.tellOn(h.Text)
	script := kind
	if r, ok := t.house.Safety[flow.SuicideOfOther]; ok && u.Emergency.Kind == nlu.Suicide && ofOther(u.Clean) {
		script, rule = flow.SuicideOfOther, r
	}
	t.s.Safety, t.s.Abused = script, 0
	t.s.Matter = dialog.Matter{Act: string(nlu.ActEmergency), Category: rule.Category, Text: h.Text, Confidence: u.Emergency.Confidence}
	t.note(dialog.Note{What: "safety_script", Reason: kind, Score: u.Emergency.Confidence})
	t.say("safety."+script, rule.Say)
	service := rule.Service
	if service == "" {
		service = cmp.Or(slot.ServiceFor(h.Text), u.Emergency.Service)
	}
	if rule.Category != "" {
		t.fileNow(dialog.Order{Kind: string(flow.OrderNew), Category: rule.Category, Urgency: critical, Text: h.Text})
	}
	queue := rule.Queue
	if queue == "" {
		queue = t.house.Queue
	}
	if rule.Service == "none" {
		service = ""
	}
	t.handover(dialog.Handover{Queue: queue, Reason: rule.Reason, Priority: 0, Service: service})
	t.mark(rule.Mark)
	t.out = append(t.out, *t.s.Handed)
	t.listen()
}

var (
	another = regexp.MustCompile(`有人|有个|一个[^，。]{0,4}(?:男|女|人|小伙|姑娘|孩子|老)|他|她|(?:我|俺)?(?:们?家)?的?(?:邻居|同事|朋友|同学|室友|妈|爸|老公|老婆|爱人|媳妇|对象|儿子|女儿|闺女|孩子|姐|妹|哥|弟|爷爷|奶奶|舍友)`)
	oneself = regexp.MustCompile(`我[^，。他她们]{0,4}(?:不想活|活不|想死|要死|去死|要跳|想跳|自杀|轻生|结束|解脱)`)
)

// ofOther reports whether somebody tells of another person's wish to die.
func ofOther(clean string) bool {
	return another.MatchString(clean) && !oneself.MatchString(another.ReplaceAllString(clean, "他"))
}

// stay keeps somebody in danger on the line with the words that were laid down.
func (t *step) stay(h dialog.Heard, u nlu.Understanding) {
	t.harvest(h, nlu.ActEmergency)
	t.tellOn(h.Text)
	t.note(dialog.Note{What: "stay_on_line"})
	t.note(dialog.Note{What: "keep"})
	if u.Has(nlu.ActMachine) {
		t.note(dialog.Note{What: "honest_identity"})
		t.phrase("identity")
	}
	t.say("stay."+t.s.Safety, t.house.Safety[t.s.Safety].Stay)
	t.listen()
}

// abused answers abuse without arguing: once calmly with the offer of a person, then with one.
func (t *step) abused() {
	t.s.Abused++
	t.note(dialog.Note{What: "offer", Items: []string{"agent"}})
	t.note(dialog.Note{What: "no_argue"})
	if t.s.Abused > 2 {
		t.toPeople("", "abuse", 2)
		return
	}
	t.phrase("calm")
	t.listen()
}
