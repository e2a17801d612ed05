package webrtc

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what browsers can ask of us. Zero values take the defaults.
type Limits struct {
	Legs            int           // at once, default 500
	SettingUp       int           // legs whose sound has not begun, default 50
	SetupsPerSecond float64       // of callers, on average; default 20, bursts of a second's worth
	PerAddress      int           // legs of callers who have one address (IPv6: /64), default 50
	SDP             int           // bytes of an offer or fragment, default 16 KiB
	Candidates      int           // of a leg between two restarts, told and found by its checks each; default 64
	PatchesPerLeg   float64       // a second, on average; default 10, bursts of Candidates
	RestartsPerLeg  float64       // of ICE, a second, on average; default 0.2, bursts of restartsAtOnce
	Connections     int           // TCP, default 500; PerSource of one address, default 10
	PerSource       int           //
	RetryAfter      time.Duration // told when over a limit, default 5 s
}

// restartsAtOnce is how often a browser that has lost its network may try in vain before it has to wait: each restart has us
// send checks to every address that it names, whoever is there.
const restartsAtOnce = 10

func (l Limits) withDefaults() (Limits, error) {
	for _, d := range []struct {
		name  string
		value *int
		def   int
	}{
		{"Legs", &l.Legs, 500}, {"SettingUp", &l.SettingUp, 50}, {"PerAddress", &l.PerAddress, 50}, {"SDP", &l.SDP, 16 << 10}, {"Candidates", &l.Candidates, 64},
		{"Connections", &l.Connections, 500}, {"PerSource", &l.PerSource, 10},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < 1 || *d.value > 1_000_000 {
			return l, fmt.Errorf("webrtc limits: %s %d is not within 1…1000000", d.name, *d.value)
		}
	}
	if l.SetupsPerSecond == 0 {
		l.SetupsPerSecond = 20
	}
	if l.PatchesPerLeg == 0 {
		l.PatchesPerLeg = 10
	}
	if l.RestartsPerLeg == 0 {
		l.RestartsPerLeg = 0.2
	}
	if l.RetryAfter == 0 {
		l.RetryAfter = 5 * time.Second
	}
	if l.SetupsPerSecond < 0.1 || l.PatchesPerLeg < 0.1 || l.RestartsPerLeg < 0.01 {
		return l, fmt.Errorf("webrtc limits: SetupsPerSecond %g and PatchesPerLeg %g must be at least 0.1, RestartsPerLeg %g 0.01", l.SetupsPerSecond, l.PatchesPerLeg, l.RestartsPerLeg)
	}
	if l.RetryAfter < time.Second {
		return l, fmt.Errorf("webrtc limits: RetryAfter %v is below 1 s", l.RetryAfter)
	}
	return l, nil
}

// Stats is what an Endpoint has seen since it began.
type Stats struct {
	Legs, SettingUp int            // at present
	Answered        uint64         // legs whose sound began
	Failed          uint64         // legs that ended before
	Restarts        uint64         // of ICE, that came through
	Refused         map[int]uint64 // requests, by status
	Foreign         uint64         // packets from addresses that ICE had not validated
	Excess          uint64         // STUN messages beyond what a leg may take
	KeysDropped     uint64         // because nobody read them
}

type counters struct {
	answered, failed, restarts, foreign, excess, keysDropped atomic.Uint64

	mu      sync.Mutex
	refused map[int]uint64
}

func (c *counters) refuse(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused == nil {
		c.refused = make(map[int]uint64)
	}
	c.refused[status]++
}

// Stats returns a snapshot.
func (e *Endpoint) Stats() Stats {
	c := &e.counters
	s := Stats{
		Answered: c.answered.Load(), Failed: c.failed.Load(), Restarts: c.restarts.Load(), Foreign: c.foreign.Load(),
		Excess: c.excess.Load(), KeysDropped: c.keysDropped.Load(),
	}
	e.admission.mu.Lock()
	s.Legs, s.SettingUp = e.admission.all.legs, e.admission.all.settingUp
	e.admission.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Refused = maps.Clone(c.refused)
	return s
}
