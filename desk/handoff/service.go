package handoff

import (
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
)

// ringService dials 110, 119 or 120; everything else goes on meanwhile.
func (t *step) ringService(name string) {
	t.s.Service = name
	t.log(hotline.Offered{Party: name})
	t.do(Ring{ServiceSeat, desk.Target{Service: name}})
}

// service follows the line to 110, 119 or 120, whatever the phase. It reports whether the event was
// its own.
func (t *step) service(e Event) bool {
	if t.s.Service == "" {
		return false
	}
	name := t.s.Service
	switch e := e.(type) {
	case Answered:
		if e.Seat != ServiceSeat {
			return false
		}
		if t.s.ServiceOn {
			return true
		}
		t.s.ServiceOn = true
		t.log(hotline.Joined{Party: name, Role: string(RoleService)})
		t.music(false)
		if t.s.Writer() == name {
			t.tell(dialog.Attended{})
		}
		t.do(Route{t.layout()})
	case Failed:
		if e.Seat != ServiceSeat {
			return false
		}
		t.serviceGone(e.Reason)
	case Gone:
		if e.Seat != ServiceSeat {
			return false
		}
		t.serviceGone(desk.Network)
	default:
		return false
	}
	return true
}

// serviceGone goes on without the service, which never answered or has hung up.
func (t *step) serviceGone(reason desk.Reason) {
	was := t.s.ServiceOn
	t.endService(string(reason), "")
	if t.s.Writer() != BotWriter || t.s.Phase == Over {
		return
	}
	if !was {
		t.tell(dialog.Missed{Reason: "service_" + string(reason)})
		return
	}
	t.tell(dialog.Returned{Reason: "service_left"})
	if t.s.Phase != Bot && t.s.Phase != Survey {
		t.music(true)
	}
}

// endService notes that the service rings in vain, for one reason, or leaves, for another. Whom the agent has put
// aside waits with music again.
func (t *step) endService(unanswered, left string) {
	name, was := t.s.Service, t.s.ServiceOn
	t.s.Service, t.s.ServiceOn = "", false
	if !was {
		t.log(hotline.OfferEnded{Party: name, Reason: unanswered})
		return
	}
	t.log(hotline.Left{Party: name, Role: string(RoleService), Reason: left})
	if t.layout() == Apart {
		t.music(true)
	}
}

// dropService lets the service go, whether it rings or talks.
func (t *step) dropService(reason string) {
	t.endService(reason, reason)
	t.do(HangUp{ServiceSeat})
}
