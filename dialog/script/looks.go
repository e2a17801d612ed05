package script

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
)

// looks tell of each kind of event that scripts name whether it happened.
var looks = map[string]func(c *checker, want any) bool{
	"answer":       func(c *checker, w any) bool { return c.answered(fmt.Sprint(w)) },
	"kb_hit":       func(c *checker, w any) bool { return c.answered(fmt.Sprint(w)) },
	"ask":          func(c *checker, w any) bool { return c.asked(fmt.Sprint(w)) },
	"ask_or_infer": func(c *checker, w any) bool { return c.asked(fmt.Sprint(w)) || c.knows(fmt.Sprint(w)) },
	"confirm":      func(c *checker, w any) bool { return c.readBack(w) },
	"readback":     func(c *checker, _ any) bool { return c.noted("readback") || c.noted("confirm") },
	"disambiguate": (*checker).disambiguated,
	"correct":      (*checker).corrected,
	"reject":       (*checker).rejected,
	"lookup":       (*checker).lookedUp,
	"ticket":       (*checker).ticket,
	"urge":         func(c *checker, w any) bool { return c.ordered("urge", fmt.Sprint(w)) },
	"append":       func(c *checker, _ any) bool { return c.ordered("append", "") },
	"withdraw":     func(c *checker, _ any) bool { return c.ordered("withdraw", "") },
	"reopen":       func(c *checker, _ any) bool { return c.ordered("reopen", "") },
	"survey":       (*checker).surveyed,
	"handoff":      func(c *checker, w any) bool { m, _ := w.(map[string]any); return c.handed(m) },
	"transfer": func(c *checker, w any) bool {
		m, _ := w.(map[string]any)
		return slices.ContainsFunc(c.did.hand, func(h dialog.Handover) bool { return h.Service == fmt.Sprint(m["service"]) })
	},
	"safety_script": func(c *checker, w any) bool { return c.reason("safety_script", w) },
	"advise":        func(c *checker, _ any) bool { return c.noted("safety_script") },
	"mark":          func(c *checker, w any) bool { return c.reason("mark", w) },
	"handoff_flag":  func(c *checker, w any) bool { return c.reason("handoff_flag", w) },
	"reprompt":      func(c *checker, w any) bool { return c.reason("reprompt", w) },
	"offer":         (*checker).offered,
	"resume": func(c *checker, w any) bool {
		n, ok := c.note("resume", func(dialog.Note) bool { return true })
		return ok && strings.Contains(fmt.Sprint(w), n.Slot)
	},
	"repeat":          func(c *checker, _ any) bool { return c.noted("repeat") },
	"close":           func(c *checker, _ any) bool { return c.noted("close") },
	"say_result":      func(c *checker, _ any) bool { return len(c.did.says) > 0 },
	"answer_fallback": func(c *checker, _ any) bool { return c.noted("answer_fallback") },
	"multi_intent":    func(c *checker, _ any) bool { return c.noted("multi_intent") },
	"elder_profile":   flag("elder_profile"), "confidential": flag("confidential"), "anonymous": flag("anonymous"),
	"empathy_once": flag("empathy_once"), "honest_identity": flag("honest_identity"), "stay_on_line": flag("stay_on_line"),
	"no_argue": flag("no_argue"), "no_hallucinate": flag("no_hallucinate"), "keep": flag("keep"),
}

// flag is an event that is there or not.
func flag(what string) func(*checker, any) bool {
	return func(c *checker, want any) bool { return c.noted(what) == (want == true) }
}

// reason finds a note by its reason.
func (c *checker) reason(what string, want any) bool {
	_, ok := c.note(what, func(n dialog.Note) bool { return n.Reason == fmt.Sprint(want) })
	return ok
}

// answered: by a certain entry, or by any of the tenant's.
func (c *checker) answered(want string) bool {
	_, ok := c.note("answer", func(n dialog.Note) bool {
		return n.Entry == want || slices.Contains(n.Items, want) || want == "tenant_kb"
	})
	return ok
}

// aliases are names that scripts have for slots.
var aliases = map[string]string{"contact": "phone", "order": "ticket"}

// asked: for one of the slots a word like vin_or_order names, in this turn or in an earlier one that
// is still open.
func (c *checker) asked(want string) bool {
	_, ok := c.note("ask", func(n dialog.Note) bool {
		for part := range strings.SplitSeq(want, "_") {
			if name, ok := aliases[part]; ok {
				part = name
			}
			if n.Slot == part || n.Slot == want {
				return true
			}
		}
		return false
	})
	return ok
}

func (c *checker) knows(name string) bool { return c.did.state.Facts[name].Value != "" }

// readBack: all slots of a list were said back, in a question or in passing.
func (c *checker) readBack(want any) bool {
	list, _ := want.([]any)
	for _, w := range list {
		found := false
		for _, n := range c.did.notes {
			switch n.What {
			case "confirm", "readback", "noted":
				found = found || slices.Contains(n.Items, fmt.Sprint(w))
			case "disambiguate":
				found = found || n.Slot == fmt.Sprint(w)
			}
		}
		if !found {
			return false
		}
	}
	return len(list) > 0
}

func (c *checker) disambiguated(want any) bool {
	m, _ := want.(map[string]any)
	_, ok := c.note("disambiguate", func(n dialog.Note) bool {
		options, _ := m["options"].([]any)
		for _, o := range options {
			if !slices.Contains(n.Items, fmt.Sprint(o)) {
				return false
			}
		}
		return n.Slot == fmt.Sprint(m["slot"])
	})
	return ok
}

func (c *checker) corrected(want any) bool {
	m, _ := want.(map[string]any)
	_, ok := c.note("correct", func(n dialog.Note) bool {
		return n.Slot == fmt.Sprint(m["slot"]) && n.To == fmt.Sprint(m["to"]) && (m["from"] == nil || n.From == fmt.Sprint(m["from"]))
	})
	return ok
}

// problems are names that scripts have for what is wrong with a value.
var problems = map[string]string{"check_digit": "checksum"}

func (c *checker) rejected(want any) bool {
	m, _ := want.(map[string]any)
	why := fmt.Sprint(m["why"])
	if name, ok := problems[why]; ok {
		why = name
	}
	_, ok := c.note("reject", func(n dialog.Note) bool {
		return n.Slot == fmt.Sprint(m["slot"]) && (m["why"] == nil || n.Reason == why)
	})
	return ok
}

func (c *checker) lookedUp(want any) bool {
	m, detailed := want.(map[string]any)
	system := fmt.Sprint(want)
	if detailed {
		system = fmt.Sprint(m["connector"])
	}
	return slices.ContainsFunc(c.did.lookups, func(l dialog.LookUp) bool {
		if l.System != system {
			return false
		}
		for _, v := range l.Input {
			if m["key"] != nil && v == m["key"] {
				return true
			}
		}
		return m["key"] == nil
	})
}

func (c *checker) ticket(want any) bool {
	m, _ := want.(map[string]any)
	o, ok := lastOrder(c.did.orders)
	return ok && c.orderFits(o, m)
}

// ordered: something was done with an order.
func (c *checker) ordered(kind, ticket string) bool {
	return slices.ContainsFunc(c.did.orders, func(o dialog.Order) bool {
		return o.Kind == kind && (ticket == "" || o.Ticket == ticket)
	})
}

func (c *checker) surveyed(want any) bool {
	m, _ := want.(map[string]any)
	answer := map[any]string{true: "yes", false: "no"}[m["answer"]]
	return answer != "" && c.did.state.Facts[fmt.Sprint(m["question"])].Value == answer
}

func (c *checker) handed(want map[string]any) bool {
	return slices.ContainsFunc(c.did.hand, func(h dialog.Handover) bool { return c.handoffFits(h, want) })
}

// offered: everything of a list, or one thing.
func (c *checker) offered(want any) bool {
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	for _, w := range list {
		if _, ok := c.note("offer", func(n dialog.Note) bool { return slices.Contains(n.Items, fmt.Sprint(w)) }); !ok {
			return false
		}
	}
	return true
}
