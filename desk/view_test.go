package desk

import (
	"fmt"

	"github.com/hotline-cc/hotline"
)

// view is what a conversation knows by its notices and by what it did.
type view struct {
	id      hotline.ConversationID
	waits   bool
	offer   string
	phone   bool // the offer is rung on a phone
	agents  map[string]bool
	lost    map[string]bool
	notices []string
}

// hear keeps a view by its notices, and complains of those that make no sense.
func (w *world) hear(v *view, n Notice) {
	v.notices = append(v.notices, fmt.Sprintf("%T%+v", n, n))
	wrong := func() { w.t.Errorf("%s: %T makes no sense: %+v after %v", v.id, n, v, v.notices) }
	switch n := n.(type) {
	case Waiting:
		if !v.waits || v.offer != "" || n.Position < 1 {
			wrong()
		}
	case Offered:
		if !v.waits || v.offer != "" || v.agents[n.Agent.ID] {
			wrong()
		}
		v.offer, v.phone = n.Offer, n.Target.Extension != ""
	case Accepted:
		if v.offer != n.Offer {
			wrong()
		}
		v.waits, v.offer = false, ""
		v.agents[n.Agent] = true
		w.answered++
	case Withdrawn:
		if v.offer != n.Offer {
			wrong()
		}
		v.offer = ""
	case Refused:
		if !v.waits || v.offer != "" {
			wrong()
		}
		v.waits = false
	case Lost:
		if !v.agents[n.Agent] || !n.Gone && v.lost[n.Agent] {
			wrong()
		}
		v.lost[n.Agent] = true
		if n.Gone {
			w.gone++
			delete(v.agents, n.Agent)
			delete(v.lost, n.Agent)
			v.waits = v.waits || len(v.agents) == 0
		}
	case Found:
		if !v.lost[n.Agent] {
			wrong()
		}
		w.found++
		delete(v.lost, n.Agent)
	}
}
