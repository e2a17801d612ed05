package nlu

import "maps"

// Case is one sentence with what was understood.
type Case struct {
	Text          string        `json:"text"`
	Heard         string        `json:"heard,omitempty"` // with noise
	Want          Wanted        `json:"want"`
	Got           Understanding `json:"got"`
	FAQ           string        `json:"faq"` // top1, top3, missed, false, silent or "" when no entry is wanted
	ActRight      bool          `json:"act_right"`
	CategoryRight bool          `json:"category_right"`
	SlotsRight    bool          `json:"slots_right"`

	Slots map[string]string `json:"slots,omitempty"` // that were got
}

// Wanted is how a sentence is labelled.
type Wanted struct {
	Act      Act    `json:"act"`
	Category string `json:"category,omitempty"`
	Entry    string `json:"kb,omitempty"`

	Slots map[string]string `json:"slots,omitempty"`
}

// Totals are the figures over cases. Shares are from 0 to 1; those of nothing are 0.
type Totals struct {
	FAQTop1         float64 `json:"faq_top1"`          // best entry is the labelled one, whether or not it is sure enough
	FAQTop3         float64 `json:"faq_top3"`          // labelled one is among the first three
	FAQAnswered     float64 `json:"faq_answered"`      // right and answered at once
	FAQWrong        float64 `json:"faq_wrong"`         // another one answered at once
	FalseAnswerRate float64 `json:"false_answer_rate"` // answered though out of scope or without an entry
	ActF1           float64 `json:"act_f1"`            // macro
	CategoryF1      float64 `json:"category_f1"`       // macro over the categories that occur, where the label has one
	CategoryRight   float64 `json:"category_accuracy"`
	SlotExact       float64 `json:"slot_exact"` // all slots of a sentence right; questions do not count
	EmergencyRecall float64 `json:"emergency_recall"`
	EmergencyFalse  float64 `json:"emergency_false_alarm"` // share of the other sentences
	AgentRecall     float64 `json:"agent_recall"`
	AgentFalse      float64 `json:"agent_false_alarm"`
	Cases           int     `json:"cases"`
}

// Judge compares what was understood of a sentence as it was heard, and the slots found in it, with
// its labels.
func Judge(u Utterance, heard string, got Understanding, slots map[string]string) Case {
	c := Case{Text: u.Text, Heard: heard, Want: Wanted{u.Act, u.Category, u.Entry, u.Slots}, Got: got, Slots: slots,
		ActRight: got.Act == u.Act, CategoryRight: got.Category == u.Category, SlotsRight: maps.Equal(u.Slots, slots)}
	if heard == u.Text {
		c.Heard = ""
	}
	switch {
	case u.Entry == "" && (u.Act == ActOutOfScope || u.Act == ActAsk):
		c.FAQ = "silent"
		if got.Answer != "" {
			c.FAQ = "false"
		}
	case u.Entry != "":
		c.FAQ = "missed"
		for i, h := range got.Entries[:min(3, len(got.Entries))] {
			if h.ID == u.Entry {
				c.FAQ = "top3"
				if i == 0 {
					c.FAQ = "top1"
				}
			}
		}
	}
	return c
}

// Sum makes the totals.
func Sum(cases []Case) Totals {
	var acts, categories confusion
	var t Totals
	var faq, top1, top3, answered, wrong, foreign, falsely, withCategory, categoryRight share
	var slots, emergency, emergencyFalse, agent, agentFalse share
	for _, c := range cases {
		t.Cases++
		acts.add(string(c.Want.Act), string(c.Got.Act))
		if needsCategory(c.Want.Act) {
			categories.add(c.Want.Category, c.Got.Category)
			categoryRight.add(c.CategoryRight)
			withCategory.add(true)
		}
		if c.Want.Act != ActAsk {
			slots.add(c.SlotsRight)
		}
		hit(c.Want.Act == ActEmergency, &emergency, &emergencyFalse, c.Got.Act == ActEmergency)
		hit(c.Want.Act == ActAgent, &agent, &agentFalse, c.Got.Act == ActAgent)
		switch c.FAQ {
		case "top1", "top3", "missed":
			faq.add(true)
			top1.add(c.FAQ == "top1")
			top3.add(c.FAQ != "missed")
			answered.add(c.Got.Answer == c.Want.Entry)
			wrong.add(c.Got.Answer != "" && c.Got.Answer != c.Want.Entry)
		case "false", "silent":
			foreign.add(true)
			falsely.add(c.FAQ == "false")
		}
	}
	t.FAQTop1, t.FAQTop3, t.FAQAnswered, t.FAQWrong = top1.of(), top3.of(), answered.of(), wrong.of()
	t.FalseAnswerRate, t.ActF1, t.CategoryF1, t.CategoryRight = falsely.of(), acts.macroF1(), categories.macroF1(), categoryRight.of()
	t.SlotExact = slots.of()
	t.EmergencyRecall, t.EmergencyFalse, t.AgentRecall, t.AgentFalse = emergency.of(), emergencyFalse.of(), agent.of(), agentFalse.of()
	return t
}

func hit(wanted bool, recall, alarms *share, got bool) {
	if wanted {
		recall.add(got)
	} else {
		alarms.add(got)
	}
}

// share counts how often something is so.
type share struct{ yes, all int }

func (s *share) add(yes bool) {
	s.all++
	if yes {
		s.yes++
	}
}

func (s *share) of() float64 {
	if s.all == 0 {
		return 0
	}
	return float64(s.yes) / float64(s.all)
}

// confusion counts what was wanted and what was got.
type confusion struct{ right, wanted, got map[string]int }

func (c *confusion) add(want, got string) {
	if c.right == nil {
		c.right, c.wanted, c.got = map[string]int{}, map[string]int{}, map[string]int{}
	}
	c.wanted[want]++
	c.got[got]++
	if want == got {
		c.right[want]++
	}
}

// macroF1 averages F1 over the labels that are wanted.
func (c *confusion) macroF1() float64 {
	var sum float64
	for label, wanted := range c.wanted {
		sum += 2 * float64(c.right[label]) / float64(wanted+c.got[label])
	}
	if len(c.wanted) == 0 {
		return 0
	}
	return sum / float64(len(c.wanted))
}
