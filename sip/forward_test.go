package sip

import "testing"

func TestTwoCallsAreBridgedUndecoded(t *testing.T) {
	legs := make(chan *Leg, 2)
	gateway := start(t, func(c *Config) { c.Answer = answering(legs) })
	phones := start(t, nil)
	var callers, answered [2]*Leg
	for i := range callers {
		l, err := phones.Dial(within(t), Dial{URI: uriOf(gateway, UDP)})
		if err != nil {
			t.Fatal(err)
		}
		callers[i], answered[i] = l, <-legs
	}
	sing(t, callers[0], 440)
	sing(t, callers[1], 1000)
	for i, l := range answered {
		f, err := l.Forward(answered[1-i])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Stop()
	}
	hear(t, callers[1], 440)
	hear(t, callers[0], 1000)
	for i, l := range answered {
		if got := l.Stats(); got.Forwarded.Packets == 0 || got.Waiting != 0 {
			t.Errorf("leg %d forwarded %d packets and has %d to decode", i, got.Forwarded.Packets, got.Waiting)
		}
	}
	if err := callers[0].Hangup(within(t), "done"); err != nil {
		t.Fatal(err)
	}
	await(t, "end of the leg", answered[0].Done())
	select {
	case <-answered[1].Done():
		t.Error("the other leg ended too")
	default:
	}
}
