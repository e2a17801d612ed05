package handoff

import (
	"testing"

	"github.com/hotline-cc/hotline/desk"
)

// What a phone holds is on hold whatever else becomes of the talk, and only as long as nobody else is there.
func TestAPhoneHoldsBesideThePhases(t *testing.T) {
	states := inEach(t)
	agent, peer, on := Holds{AgentSeat, true}, Holds{PeerSeat, true}, Holds{AgentSeat, false}
	byPhone := played(t, asked, offeredSIP, Answered{AgentSeat}, agent, Pressed{AgentSeat, "1"})
	consulted, _ := steps(states[Talking], command(li.ID, desk.Consult, desk.Target{Agent: wang.ID}), secondOffered, Answered{PeerSeat}, Pressed{PeerSeat, "1"})
	lost := Notice{desk.Lost{Agent: li.ID}}
	for name, c := range map[string]struct {
		in     State
		events []Event
		shown  Phase
		onHold bool
		waits  Seat // with music besides the person
	}{
		"while it is briefed":                  {byPhone, nil, Held, true, ""},
		"and then a supervisor takes over":     {byPhone, []Event{command("chief", desk.TakeOver, desk.Target{})}, Talking, false, ""},
		"the number is not reached":            {states[Dialling], []Event{agent, Failed{PeerSeat, desk.BusyLine}}, Held, true, ""},
		"the second party leaves":              {states[Consulting], []Event{agent, Gone{Seat: PeerSeat}}, Held, true, ""},
		"in a consultation":                    {states[Consulting], []Event{agent}, Consulting, false, PeerSeat},
		"the second party in a consultation":   {states[Consulting], []Event{peer}, Consulting, false, AgentSeat},
		"in a conference":                      {states[Conference], []Event{agent}, Conference, false, ""},
		"both in a conference":                 {states[Conference], []Event{agent, peer}, Conference, true, ""},
		"and the agent goes on":                {states[Conference], []Event{agent, peer, on}, Conference, false, ""},
		"who is left by the agent's console":   {states[Conference], []Event{peer, lost}, Lost, true, ""},
		"and the console comes back":           {states[Conference], []Event{peer, lost, Notice{desk.Found{Agent: li.ID}}}, Conference, false, ""},
		"who is left alone with the person":    {states[Conference], []Event{peer, command(li.ID, desk.Complete, desk.Target{})}, Held, true, ""},
		"a colleague who is given the call":    {consulted, []Event{peer, command(li.ID, desk.Complete, desk.Target{})}, Held, true, ""},
		"and goes on in the other seat":        {consulted, []Event{peer, command(li.ID, desk.Complete, desk.Target{}), on}, Talking, false, ""},
		"the agent hangs up":                   {states[Talking], []Event{agent, Gone{Seat: AgentSeat}}, Survey, false, ""},
		"the next agent does not inherit that": {states[Talking], []Event{agent, Gone{AgentSeat, true}, offered, accepted}, Talking, false, ""},
		"the next number does not, either":     {states[Consulting], []Event{peer, command(li.ID, desk.Drop, desk.Target{}), command(li.ID, desk.Consult, outside), Answered{PeerSeat}}, Consulting, false, ""},
		"the console is away, no phone holds":  {states[Consulting], []Event{lost}, Lost, false, PeerSeat},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := steps(c.in, c.events...)
			if s.Shown() != c.shown || s.OnHold() != c.onHold {
				t.Errorf("%s, on hold %v; want %s, %v", s.Shown(), s.OnHold(), c.shown, c.onHold)
			}
			for _, seat := range []Seat{AgentSeat, PeerSeat} {
				if s.Waits(seat) != (seat == c.waits) {
					t.Errorf("%s has music: %v", seat, s.Waits(seat))
				}
			}
		})
	}
}
