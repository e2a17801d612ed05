package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
)

// maxNodes bounds what one event may set off. The checker refuses flows that go round without
// waiting; this holds when a result makes one go round all the same.
const maxNodes = 200

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// enter follows a flow. One that is called too deep is not followed, and run gives up.
func (t *step) enter(id string) {
	if len(t.s.Stack) == flow.MaxCalls {
		return
	}
	t.s.Stack = append(t.s.Stack, dialog.Frame{Flow: id, Node: t.e.cfg.Set.Flows[id].Start})
}

// here returns the node the innermost flow is at, and its id for prompts and notes.
func (t *step) here() (flow.Node, string, bool) {
	if len(t.s.Stack) == 0 {
		return flow.Node{}, "", false
	}
	f := t.s.Stack[len(t.s.Stack)-1]
	n, ok := t.e.cfg.Set.Flows[f.Flow].Nodes[f.Node]
	return n, f.Flow + "." + f.Node, ok
}

// move goes to another node of the same flow. Without one the flow is left.
func (t *step) move(node string) {
	t.s.Focus = dialog.Focus{}
	if node == "" || len(t.s.Stack) == 0 {
		t.leave()
		return
	}
	top := &t.s.Stack[len(t.s.Stack)-1]
	top.Node, top.Entered = node, false
}

// leave goes back to the flow that called this one.
func (t *step) leave() {
	t.s.Focus = dialog.Focus{}
	if len(t.s.Stack) == 0 {
		return
	}
	t.s.Stack = t.s.Stack[:len(t.s.Stack)-1]
	if n, _, ok := t.here(); ok {
		t.move(n.Next)
	}
}

// run follows the flow until it waits or ends.
func (t *step) run() {
	for t.budget < maxNodes {
		t.budget++
		n, id, ok := t.here()
		if !ok { // the state is of another version of the flows, or nothing called this flow
			if len(t.s.Stack) == 0 {
				t.goodbye("finished")
				return
			}
			t.toPeople("", "flow", 2)
			return
		}
		if !t.do(n, id) {
			return
		}
	}
	t.toPeople("", "loop", 2)
}

// do does what a node says. It returns false when the dialog has to wait.
func (t *step) do(n flow.Node, id string) bool {
	first := !t.s.Stack[len(t.s.Stack)-1].Entered
	t.s.Stack[len(t.s.Stack)-1].Entered = true
	if first && n.Kind != flow.Handover {
		t.introduce(n, id)
	}
	switch n.Kind {
	case flow.Say:
		t.move(n.Next)
	case flow.Ask:
		return t.ask(n)
	case flow.Choose:
		return t.choose(n)
	case flow.Answer:
		return t.answerNode(n)
	case flow.LookUp:
		t.lookUp(n)
		return false
	case flow.File:
		t.file(n)
		return false
	case flow.Branch:
		t.move(t.branch(n))
	case flow.Call:
		t.enter(n.Flow)
	case flow.Handover:
		t.give(dialog.Handover{Queue: n.Queue, Reason: n.Reason, Priority: n.Priority, Skills: n.Skills, Language: n.Language}, func() {
			if n.Say.Empty() {
				t.phrase("handover")
				return
			}
			t.say(id, n.Say)
		})
		return false
	case flow.End:
		if len(t.s.Stack) == 1 {
			t.end(n.Reason)
			return false
		}
		t.leave()
	}
	return true
}

// introduce says what a node says first. An open question gives way to what is still open, and a
// choice is not offered to who has chosen.
func (t *step) introduce(n flow.Node, id string) {
	switch {
	case n.Kind == flow.Ask && len(n.Slots) == 0 && t.offerPending():
	case n.Kind == flow.Choose && optionSaid(n.Options, t.s.Matter.Text, false) >= 0:
	default:
		t.say(id, n.Say)
	}
}

// branch returns where the first true case points. A case that cannot be computed, for a result is
// not as its author thought, is not true.
func (t *step) branch(n flow.Node) string {
	env := t.env(false)
	for _, c := range n.Cases {
		if t.holds(c.When, env) {
			return c.Next
		}
	}
	return n.Next
}

func (t *step) holds(source string, env flow.Env) bool {
	v, err := t.e.cfg.Set.Eval(source, env)
	if err != nil {
		t.note(dialog.Note{What: "fault", Reason: fmt.Sprintf("%s: %v", source, err)})
		return false
	}
	yes, _ := v.(bool)
	return yes
}

// values computes what is passed to another system.
func (t *step) values(v flow.Values) map[string]any {
	env, out := t.env(false), map[string]any{}
	for name, source := range v {
		value, err := t.e.cfg.Set.Eval(source, env)
		if err != nil {
			t.note(dialog.Note{What: "fault", Reason: fmt.Sprintf("%s: %v", source, err)})
			continue
		}
		out[name] = value
	}
	return out
}

// nextErrand returns an id that is unique in the conversation. A turn that is taken back and comes
// again sends its errands under the same ids, so that they are not done twice.
func (t *step) nextErrand() string {
	t.s.Errands++
	return fmt.Sprintf("e%d", t.s.Errands)
}

// await makes the conversation wait for the errand whose id it returns.
func (t *step) await() string {
	id := t.nextErrand()
	t.s.Focus = dialog.Focus{Kind: dialog.FocusErrand, Errand: id}
	return id
}

func (t *step) lookUp(n flow.Node) {
	within := t.house.Timing.LookUp
	if within == 0 {
		within = lookUpWithin
	}
	input := t.values(n.Input)
	t.keep(n.Into, dialog.Done{Failed: "pending", Result: map[string]any{"input": input}})
	t.note(dialog.Note{What: "lookup", Reason: n.System})
	t.out = append(t.out, dialog.LookUp{ID: t.await(), System: n.System, Input: input, Timeout: within})
	t.listenFor(within + 2*time.Second)
}

// done takes the result of an errand. One that nobody waits for any more is too late.
func (t *step) done(d dialog.Done) {
	if t.s.Focus.Kind != dialog.FocusErrand || t.s.Focus.Errand != d.ID {
		return
	}
	n, _, ok := t.here()
	if !ok {
		t.run()
		return
	}
	asked := t.s.Vars[n.Into]["input"]
	t.keep(n.Into, d)
	if kept := t.s.Vars[n.Into]; kept != nil && asked != nil {
		kept["input"] = asked
	}
	if n.Kind == flow.File && d.Failed == "" {
		t.filed(n, d)
	}
	next := n.Next
	if d.Failed != "" && n.Failed != "" {
		next = n.Failed
	}
	t.move(next)
	t.run()
}

// keep puts the result of an errand into a variable.
func (t *step) keep(name string, d dialog.Done) {
	if name == "" {
		return
	}
	vars := maps.Clone(t.s.Vars)
	if vars == nil {
		vars = map[string]map[string]any{}
	}
	vars[name] = result(d)
	t.s.Vars = vars
}

// result is that of an errand as the state keeps it: what JSON makes of it, so that a state that
// was stored meanwhile goes on in the same way.
func result(d dialog.Done) map[string]any {
	out := map[string]any{}
	if raw, err := json.Marshal(d.Result); err == nil {
		_ = json.Unmarshal(raw, &out) // what Marshal wrote
	}
	if out == nil {
		out = map[string]any{}
	}
	out["ok"] = d.Failed == ""
	return out
}

// end says goodbye at the end of the last flow.
func (t *step) end(reason string) {
	t.note(dialog.Note{What: "close", Reason: "normal"})
	t.s.Ended = true
	t.out = append(t.out, dialog.Hangup{Reason: reason})
}

func (t *step) goodbye(reason string) {
	t.phrase("goodbye")
	t.end(reason)
}
