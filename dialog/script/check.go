package script

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
)

// checker compares one turn, or the whole, with what was written.
type checker struct {
	at       string
	did      played
	before   played // in the turns before
	met, of  int
	failures []string
}

func (c *checker) check(ok bool, format string, args ...any) {
	c.of++
	if ok {
		c.met++
		return
	}
	c.failures = append(c.failures, c.at+": "+fmt.Sprintf(format, args...))
}

// expect checks one turn.
func (c *checker) expect(e Expect) {
	understood, _ := c.note("understood", func(dialog.Note) bool { return true })
	if e.Act != "" {
		c.check(understood.Act == e.Act || c.did.state.Matter.Act == e.Act, "act 应为 %s，实为 %s", e.Act, understood.Act)
	}
	if e.Category != "" {
		c.check(understood.Category == e.Category || c.did.state.Matter.Category == e.Category, "category 应为 %s，实为 %s", e.Category, understood.Category)
	}
	for name, want := range e.Slots {
		got := c.did.state.Facts[name].Value
		c.check(same(name, got, want), "槽 %s 应为 %q，实为 %q", name, want, got)
	}
	for _, event := range e.Events {
		ok, got := c.happened(event)
		c.check(ok, "应有 %v，实有 %s", event, got)
	}
}

// note finds a note of this turn.
func (c *checker) note(what string, fits func(dialog.Note) bool) (dialog.Note, bool) {
	for _, n := range c.did.notes {
		if n.What == what && fits(n) {
			return n, true
		}
	}
	return dialog.Note{}, false
}

func (c *checker) noted(what string) bool {
	_, ok := c.note(what, func(dialog.Note) bool { return true })
	return ok
}

// happened reports whether an event that was written is among those of the turn. The first known
// key of the mapping names it; others are its details.
func (c *checker) happened(event map[string]any) (ok bool, got string) {
	for key, value := range event {
		if look, known := looks[key]; known {
			return look(c, value), c.summary()
		}
	}
	return false, c.summary()
}

// summary tells what a turn did, in short.
func (c *checker) summary() string {
	var parts []string
	for _, n := range c.did.notes {
		if n.What == "understood" {
			continue
		}
		part := n.What
		for _, s := range []string{n.Slot, n.Entry, n.Reason, n.To, strings.Join(n.Items, "+")} {
			if s != "" {
				part += " " + s
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// end checks how things stand at the end.
func (c *checker) end(e End) {
	if e.Ticket.Given {
		order, filed := lastOrder(c.did.orders)
		if e.Ticket.Fields == nil {
			c.check(!filed, "不应建单，实建 %s", order.Category)
		} else {
			c.check(filed && c.orderFits(order, e.Ticket.Fields), "工单应为 %v，实为 %+v", e.Ticket.Fields, order)
		}
	}
	if !e.Handoff.Given {
		return
	}
	handed := c.did.hand
	if e.Handoff.Fields == nil {
		c.check(len(handed) == 0, "不应转人工，实转 %v", handed)
		return
	}
	c.check(len(handed) > 0 && c.handoffFits(handed[len(handed)-1], e.Handoff.Fields), "转人工应为 %v，实为 %+v", e.Handoff.Fields, handed)
}

// lastOrder is the work order as it is in the end.
func lastOrder(orders []dialog.Order) (dialog.Order, bool) {
	for _, o := range slices.Backward(orders) {
		if o.Kind == "new" || o.Kind == "update" {
			return o, true
		}
	}
	return dialog.Order{}, false
}

func (c *checker) orderFits(o dialog.Order, want map[string]any) bool {
	for key, value := range want {
		text := fmt.Sprint(value)
		ok := true
		switch key {
		case "category":
			ok = o.Category == text
		case "owner":
			ok = o.Owner == text
		case "dispatch_to":
			ok = o.DispatchTo == text
		case "urgency":
			ok = o.Urgency == text
		case "confidential":
			ok = o.Confidential == (value == true)
		case "contact":
			_, phone := o.Facts["phone"]
			ok = text != "none" || !phone
		case "slots":
			slots, _ := value.(map[string]any)
			for name, v := range slots {
				ok = ok && same(name, o.Facts[name], fmt.Sprint(v))
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// beside are the words for a spot next to a place. Labels differ in whether they keep them.
var beside = []string{"旁边", "旁", "附近", "对面", "门口"}

// same compares the value of a slot with the one that was written. A place is the same with and
// without a word for the spot next to it.
func same(slot, got, want string) bool {
	if slot == "address" {
		got, want = bare(got), bare(want)
	}
	return got == want
}

func bare(place string) string {
	for _, b := range beside {
		if cut, ok := strings.CutSuffix(place, b); ok && cut != "" {
			return cut
		}
	}
	return place
}

func (c *checker) handoffFits(h dialog.Handover, want map[string]any) bool {
	for key, value := range want {
		text := fmt.Sprint(value)
		ok := true
		switch key {
		case "reason":
			ok = h.Reason == text
		case "priority":
			ok = fmt.Sprint(h.Priority) == text
		case "keep_slots":
			ok = len(h.Facts) > 0
		case "carried":
			carried, _ := value.(map[string]any)
			for name, v := range carried {
				got := c.did.state.Facts[name].Value
				if name == "category" {
					got = h.Category
				}
				ok = ok && same(name, got, fmt.Sprint(v))
			}
		}
		if !ok {
			return false
		}
	}
	return true
}
