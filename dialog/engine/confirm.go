package engine

import (
	"regexp"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// unconfirmed returns the slots of a node that have to be read back before it is left, by the
// house's table of risk and confidence. When one has to, all are read back in the same breath. What
// must only be said in passing is said.
func (t *step) unconfirmed(n flow.Node) []string {
	var all, passing []string
	ask := false
	for _, f := range n.Slots {
		fact := t.s.Facts[f.Slot]
		if fact.Value == "" || fact.Confirmed {
			continue
		}
		how := t.confirmation(f.Slot, fact)
		if f.Confirm != nil {
			if !*f.Confirm { // left to a later node
				continue
			}
			how = flow.ConfirmExplicit
		}
		if how == flow.ConfirmImplicit {
			passing = append(passing, f.Slot)
		}
		all, ask = append(all, f.Slot), ask || how == flow.ConfirmExplicit
	}
	if ask || t.s.Matter.Told { // a story is summed up
		return all
	}
	t.confirmed(all...)
	if len(passing) > 0 {
		parts := make([]string, len(passing))
		for i, name := range passing {
			parts[i] = t.spoken(name)
		}
		t.note(dialog.Note{What: "noted", Items: passing})
		t.phrase("noted", flow.Env{"value": strings.Join(parts, "，")})
	}
	return nil
}

func (t *step) confirmation(name string, f dialog.Fact) flow.ConfirmHow {
	risk := t.house.Slots[name].Risk
	if risk == "" {
		risk = flow.RiskNormal
	}
	if f.Corrected || f.Repaired || f.Chosen || f.Inferred {
		return flow.ConfirmExplicit
	}
	if t.house.Slots[name].Kind == slot.Address {
		f.Confidence *= t.placed(f)
	}
	for _, rule := range t.house.Confirm {
		if rule.Risk == risk && f.Confidence < rule.Below {
			return rule.How
		}
	}
	return flow.ConfirmNot
}

// placed is how well a place is known: with its district and a number it can be found, without it
// is one of several that the words may mean.
func (t *step) placed(f dialog.Fact) float64 {
	district := t.s.Facts[t.e.byKind[slot.District]]
	if district.Value != "" && !district.Inferred && strings.ContainsAny(f.Value, "0123456789") {
		return 1
	}
	return 0.75
}

func (t *step) confirmed(names ...string) {
	for _, name := range names {
		f, ok := t.s.Facts[name]
		if !ok {
			continue
		}
		f.Confirmed, f.Corrected, f.Repaired, f.Chosen = true, false, false, false
		t.s.Facts[name] = f
	}
}

// spoken is a fact as it is read back on this channel.
func (t *step) spoken(name string) string {
	f := t.s.Facts[name]
	if t.typed() || f.Spoken == "" {
		return f.Value
	}
	return f.Spoken
}

// readBack says the values of slots, all in one breath, and asks whether they are right.
func (t *step) readBack(names []string) {
	what, parts := "confirm", make([]string, len(names))
	for i, name := range names {
		s := t.house.Slots[name]
		if len(names) == 1 && numeric(s.Kind) {
			what = "readback"
		}
		parts[i] = s.Title + t.spoken(name)
	}
	if c, ok := t.e.cfg.Knowledge.Category(t.s.Matter.Category); ok && t.s.Matter.Told && len(parts) > 0 {
		parts[0] = c.Name + "，" + parts[0]
	}
	t.note(dialog.Note{What: what, Items: names})
	t.s.Focus = dialog.Focus{Kind: dialog.FocusConfirm, Items: names, NoMatch: t.s.Focus.NoMatch, Skipped: t.s.Focus.Skipped}
	t.phrase("confirm", flow.Env{"items": strings.Join(parts, "，")})
	t.listen()
}

// numeric reports whether values of a kind are read back in groups of digits.
func numeric(k slot.Kind) bool {
	switch k {
	case slot.Phone, slot.Landline, slot.IDCard, slot.CreditCode, slot.BankCard, slot.Ticket, slot.VIN, slot.Plate:
		return true
	}
	return false
}

// answerConfirm takes the answer to a read-back: a yes, a correction, both, or something else.
func (t *step) answerConfirm(h dialog.Heard, u nlu.Understanding) {
	items := t.s.Focus.Items
	if asks(u) && t.digress(h, u, func() { t.readBack(items) }) {
		return
	}
	verdict := slot.Capture(slot.YesNo, unnamed.ReplaceAllString(h.Text, ""), slot.Context{}, "").Value // 不想留电话 says no to something else
	amended := t.amend(h, items)
	other := t.harvest(h, "", amended...)
	switch {
	case verdict == "yes": // "对，六号楼" adds to what was right
		t.confirmed(items...)
	case len(amended) > 0 || changes(other, items): // read back with the rest, which nobody said yes to
		t.tellOn(h.Text)
	case verdict == "no":
		t.denied(items)
		return
	case len(other) > 0 || u.Has(nlu.ActAnonymous) || unnamed.MatchString(u.Clean) || t.restates(h, items): // went on without a word about it
		t.confirmed(items...)
	default:
		if t.digress(h, u, func() { t.readBack(items) }) {
			return
		}
		t.misunderstood(func() { t.readBack(items) })
		return
	}
	t.s.Focus = dialog.Focus{Skipped: t.s.Focus.Skipped}
	t.run()
}

// restates reports whether a turn says one of the values that were read back once more.
func (t *step) restates(h dialog.Heard, items []string) bool {
	for _, name := range items {
		s, ok := t.house.Slots[name]
		if !ok || s.Kind == textKind {
			continue
		}
		if got := slot.Capture(s.Kind, h.Text, t.place(""), ""); got.Problem == "" && got.Value == t.s.Facts[name].Value {
			return true
		}
	}
	return false
}

func changes(names, among []string) bool {
	for _, n := range names {
		for _, a := range among {
			if n == a {
				return true
			}
		}
	}
	return false
}

// amend changes read-back values by what is said about parts of them: 后四位是三二三七, 六号楼.
func (t *step) amend(h dialog.Heard, items []string) []string {
	var amended []string
	for _, name := range items {
		s, old := t.house.Slots[name], t.s.Facts[name]
		if !numeric(s.Kind) && s.Kind != slot.Address {
			continue
		}
		got := slot.Capture(s.Kind, h.Text, t.place(""), old.Value)
		if got.Problem == "" && got.Value != old.Value && got.Value != "" {
			t.set(name, fact(got, h.Confidence))
			amended = append(amended, name)
		}
	}
	return amended
}

// denied asks what is wrong; said again, the least certain value is asked for anew.
func (t *step) denied(items []string) {
	t.s.Focus.NoMatch++
	if t.s.Focus.NoMatch == 1 && len(items) > 1 {
		t.note(dialog.Note{What: "ask", Items: items, Reason: "which_is_wrong"})
		t.phrase("confirm_fix")
		t.listen()
		return
	}
	if t.s.Focus.NoMatch > len(t.house.Ladders["no_match"]) {
		t.toPeople("", "no_match", 2)
		return
	}
	if len(items) == 0 {
		t.run()
		return
	}
	worst := items[0]
	for _, name := range items {
		if t.s.Facts[name].Confidence < t.s.Facts[worst].Confidence {
			worst = name
		}
	}
	for _, name := range items {
		if name != worst {
			t.confirmed(name)
		}
	}
	delete(t.s.Facts, worst)
	t.s.Focus = dialog.Focus{Slot: worst, NoMatch: t.s.Focus.NoMatch, Skipped: t.s.Focus.Skipped}
	t.run()
}

// refused is a no to being called at all, and not only at this number.
var refused = regexp.MustCompile(`不用|不必|不需要|算了|别打|不要(?:联系|打)|不想`)

// answerCaller takes the answer to "may we use the number you call from".
func (t *step) answerCaller(h dialog.Heard, u nlu.Understanding) {
	name := t.s.Focus.Slot
	s := t.house.Slots[name]
	switch got := slot.Capture(s.Kind, h.Text, slot.Context{}, ""); got.Problem {
	case "":
		t.take(name, fact(got, h.Confidence))
		return
	case slot.Missing, slot.Unknown:
	default: // another number, or the beginning of one
		t.s.Focus.Kind = dialog.FocusSlot
		t.answerSlot(h, u)
		return
	}
	verdict := slot.Capture(slot.YesNo, h.Text, slot.Context{}, "").Value
	switch {
	case t.s.Anonymous:
		t.s.Focus = dialog.Focus{Skipped: t.s.Focus.Skipped}
		t.run()
	case u.Has(nlu.ActThisNumber) || verdict == "yes":
		number := t.callerNumber()
		t.take(name, dialog.Fact{Value: number, Spoken: slot.Spoken(s.Kind, number), Confidence: 1, Confirmed: true})
	case verdict == "no" && t.optional(name) && refused.MatchString(u.Clean):
		t.skip(name)
	case verdict == "no", strings.Contains(u.Clean, "换"):
		t.s.Focus = dialog.Focus{Kind: dialog.FocusSlot, Slot: name, Skipped: t.s.Focus.Skipped}
		t.note(dialog.Note{What: "ask", Slot: name})
		t.say("ask."+name, s.Ask)
		t.listen()
	default:
		t.offTopic(h, u, name, s, slot.Missing)
	}
}
